// Spaces of settings, from a file.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/text.h"
#include "search_space/settings_space.h"
#include "search_space/space_file.h"
#include "search_space/space_file_keys.h"

namespace nas::search_space {

namespace {

using common::TomlValue;

constexpr int64_t kLevels = 9;  // of a number that says nothing else

// As one would type it on the command line.
std::string typed(const common::Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& part : value) parts.push_back(typed(part));
  return common::join(parts, ",");
}

// How many levels a range of `all` values has.
int64_t levels_among(const SpaceFileKeys& keys, int64_t all) {
  if (!keys.given("levels")) return std::min(kLevels, all);
  const int64_t levels = keys.options().integer("levels");
  if (levels > all) {
    keys.reject("levels", "the range has not so many values", std::to_string(levels),
                fmt::format("at most {}", all));
  }
  return levels;
}

// The values of a range; of an option for whole numbers, or where the type says so, these.
std::vector<std::string> range_of(const SpaceFileKeys& keys, common::Options& option,
                                  const std::string& name) {
  const common::Options& options = keys.options();
  for (const std::string key : {"min", "max"}) {
    if (!keys.given(key)) keys.reject(key, "is missing", "", "min and max, or choices");
  }
  if (!option.at(name).value.is_number()) {
    keys.reject("min", "this option takes no numbers", name + ", a " + option.at(name).type_text(),
                "choices");
  }
  for (const std::string key : {"min", "max"})
    option.set(name, options.at(key).value_text(), keys.file(), keys.place(key));
  const double min = options.number("min");
  const double max = options.number("max");
  const auto scale = options.text("scale") == "log" ? Scale::kLog : Scale::kLinear;
  const std::string range = options.at("min").value_text() + ".." + options.at("max").value_text();
  if (min >= max) keys.reject("max", "must be above min", range, "min < max");
  if (scale == Scale::kLog && min <= 0)
    keys.reject("min", "must be above 0 on a log scale", range, "min > 0, or scale = \"linear\"");
  const std::string type = options.text("type");
  if (!option.at(name).value.is_number_integer() && type != "integer")
    return levels_of(min, max, levels_among(keys, kMostLevels), scale);
  if (type == "number")
    keys.reject("type", "the option takes whole numbers", "'number'",
                "integer, as " + name + " is");
  const auto from = static_cast<int64_t>(min);
  const auto to = static_cast<int64_t>(max);
  if (static_cast<double>(from) != min || static_cast<double>(to) != max)
    keys.reject("type", "an integer's range ends at whole numbers", range, "type = \"number\"");
  const int64_t step = option.at(name).multiple_of;
  return whole_levels_of(from, to, levels_among(keys, (to - from) / step + 1), scale, step);
}

std::vector<std::string> choices_of(const SpaceFileKeys& keys, common::Options& option,
                                    const std::string& name) {
  for (const std::string key : {"min", "max", "levels", "scale"}) {
    if (keys.given(key)) keys.reject(key, "has no meaning beside choices", "", "one or the other");
  }
  const auto choices = keys.options().list("choices");
  std::set<std::string> different;
  for (const auto& choice : choices) {
    option.set(name, choice, keys.file(), keys.place("choices"));
    different.insert(option.at(name).value.dump());
  }
  if (different.size() < 2 || different.size() != choices.size()) {
    keys.reject("choices", "nothing to choose from", common::join(choices, " | "),
                "two values or more, all different");
  }
  return choices;
}

// Of a section; `option` is the one whose values it lists.
Setting setting_of(const std::vector<TomlValue>& values, const std::string& file,
                   common::Option option) {
  const std::string name = option.name;
  common::Options tried({std::move(option)});
  SpaceFileKeys keys(setting_keys(), file);
  for (TomlValue value : values) {
    const std::string key = value.name.substr(name.size() + 1);
    if (key == "choices" && value.value.is_array()) {
      for (auto& choice : value.value) choice = typed(choice);
    }
    keys.set(key, value);
  }
  const common::Options& options = keys.options();
  const std::string type = options.text("type");
  const bool listed = keys.given("choices");
  if (listed != (type == "choice") && type != "auto") {
    keys.reject("type", "does not fit the rest", "'" + type + "'",
                listed ? "choice, where there are choices" : "choices, for this type");
  }
  Setting setting{.option = name, .values = {}, .place = keys.place("")};
  if (listed) {
    setting.values = choices_of(keys, tried, name);
    return setting;
  }
  setting.values = range_of(keys, tried, name);
  setting.scale = options.text("scale") == "log" ? Scale::kLog : Scale::kLinear;
  const std::set<std::string> different(setting.values.begin(), setting.values.end());
  if (different.size() != setting.values.size()) {
    keys.reject("levels", "the levels do not differ in their first four digits",
                std::to_string(setting.values.size()), "fewer levels, or a wider range");
  }
  return setting;
}

[[noreturn]] void reject_section(const std::string& place, const std::string& name,
                                 const common::Options& options) {
  std::vector<std::string> names;
  for (const auto& option : options.all()) names.push_back(option.name);
  throw common::ConfigError({.where = place,
                             .what = "not a setting that can be tuned",
                             .got = "'" + name + "'",
                             .expected = "one of: " + common::join(names, ", "),
                             .hint = common::nearest(name, names)});
}

// A key without a section: one of a space of cells, or a setting that has none.
[[noreturn]] void reject_key(const TomlValue& value, const std::string& file,
                             const common::Options& options) {
  const std::string place = file + ":" + std::to_string(value.line);
  if (common::Options(cell_space_keys()).contains(value.name) && !options.contains(value.name))
    refuse_networks(file);
  if (!options.contains(value.name)) reject_section(place, value.name, options);
  throw common::ConfigError({.where = place + ": " + value.name,
                             .what = "a setting has a section of its own",
                             .got = value.name + " = " + value.value.dump(),
                             .expected = "[" + value.name + "] with min and max, or choices"});
}

}  // namespace

common::OptionList setting_keys() {
  return {
      {.name = "type",
       .value = "auto",
       .help = "auto: choice where there are choices, else number or integer as the option is",
       .choices = {"auto", "number", "integer", "choice"}},
      {.name = "min", .value = 0.0, .help = "The lowest value"},
      {.name = "max", .value = 0.0, .help = "The highest value"},
      {.name = "scale",
       .value = "linear",
       .help = "How the values between are spaced",
       .choices = {"linear", "log"}},
      {.name = "levels",
       .value = kLevels,
       .help = "How many values there are, both ends included",
       .min = 2,
       .max = kMostLevels},
      {.name = "choices",
       .value = std::vector<std::string>(),
       .help = "Values to choose from, in place of a range"},
  };
}

std::unique_ptr<SettingsSpace> read_settings(const std::string& text, const std::string& file,
                                             const common::Options& options) {
  refuse_empty_sections(text, file);
  std::vector<std::pair<std::string, std::vector<TomlValue>>> sections;  // in order of the file
  for (const TomlValue& value : common::parse_toml(text, file)) {
    const auto dot = value.name.rfind('.');
    if (dot == std::string::npos) reject_key(value, file, options);
    const std::string name = value.name.substr(0, dot);
    const auto found = std::find_if(sections.begin(), sections.end(),
                                    [&](const auto& section) { return section.first == name; });
    auto& section =
        found == sections.end() ? sections.emplace_back(name, std::vector<TomlValue>()) : *found;
    section.second.push_back(value);
  }
  std::vector<Setting> settings;
  for (const auto& [name, values] : sections) {
    if (!options.contains(name))
      reject_section(file + ":" + std::to_string(values.front().line), name, options);
    settings.push_back(setting_of(values, file, options.at(name)));
  }
  return std::make_unique<SettingsSpace>(std::move(settings));
}

}  // namespace nas::search_space
