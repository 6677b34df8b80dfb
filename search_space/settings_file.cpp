// Spaces of settings, from a file.
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

std::vector<std::string> numbers_of(const SpaceFileKeys& keys, bool whole) {
  const common::Options& options = keys.options();
  const double min = options.number("min");
  const double max = options.number("max");
  const auto scale = options.text("scale") == "log" ? Scale::kLog : Scale::kLinear;
  for (const std::string key : {"min", "max"}) {
    if (!keys.given(key)) keys.reject(key, "is missing", "", "min and max, or choices");
  }
  const std::string range = options.at("min").value_text() + ".." + options.at("max").value_text();
  if (min >= max) keys.reject("max", "must be above min", range, "min < max");
  if (scale == Scale::kLog && min <= 0)
    keys.reject("min", "must be above 0 on a log scale", range, "min > 0, or scale = \"linear\"");
  if (!whole) {
    const int64_t levels = keys.given("levels") ? options.integer("levels") : kLevels;
    return levels_of(min, max, levels, scale);
  }
  const auto from = static_cast<int64_t>(min);
  const auto to = static_cast<int64_t>(max);
  if (static_cast<double>(from) != min || static_cast<double>(to) != max)
    keys.reject("type", "an integer's range ends at whole numbers", range, "type = \"number\"");
  const int64_t levels =
      keys.given("levels") ? options.integer("levels") : std::min(kLevels, to - from + 1);
  return whole_levels_of(from, to, levels, scale);
}

Setting setting_of(const std::string& name, const std::vector<TomlValue>& values,
                   const std::string& file) {
  SpaceFileKeys keys(setting_keys(), file);
  bool whole = true;
  for (TomlValue value : values) {
    const std::string key = value.name.substr(name.size() + 1);
    if (key == "min" || key == "max") whole = whole && value.value.is_number_integer();
    if (key == "choices" && value.value.is_array()) {
      for (auto& choice : value.value) choice = typed(choice);
    }
    keys.set(key, value);
  }
  const common::Options& options = keys.options();
  const std::string type = options.text("type");
  Setting setting{.option = name, .values = options.list("choices"), .place = keys.place("")};
  const bool listed = keys.given("choices");
  if (listed != (type == "choice") && type != "auto") {
    keys.reject("type", "does not fit the rest", "'" + type + "'",
                listed ? "choice, where there are choices" : "choices, for this type");
  }
  if (listed) {
    for (const std::string key : {"min", "max", "levels", "scale"}) {
      if (keys.given(key))
        keys.reject(key, "has no meaning beside choices", "", "one or the other");
    }
    const std::set<std::string> different(setting.values.begin(), setting.values.end());
    if (different.size() < 2 || different.size() != setting.values.size()) {
      keys.reject("choices", "nothing to choose from", common::join(setting.values, " | "),
                  "two values or more, all different");
    }
    return setting;
  }
  setting.scale = options.text("scale") == "log" ? Scale::kLog : Scale::kLinear;
  setting.values = numbers_of(keys, type == "auto" ? whole : type == "integer");
  const std::set<std::string> different(setting.values.begin(), setting.values.end());
  if (different.size() != setting.values.size()) {
    keys.reject("levels", "the levels do not differ in their first four digits",
                std::to_string(options.integer("levels")), "fewer levels, or a wider range");
  }
  return setting;
}

}  // namespace

common::OptionList setting_keys() {
  return {
      {.name = "type",
       .value = "auto",
       .help =
           "auto: choice where there are choices, integer where min and max are written as such",
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
       .max = 1000},
      {.name = "choices",
       .value = std::vector<std::string>(),
       .help = "Values to choose from, in place of a range"},
  };
}

std::unique_ptr<Space> read_settings(const std::vector<TomlValue>& values,
                                     const std::string& file) {
  std::vector<std::pair<std::string, std::vector<TomlValue>>> sections;  // in order of the file
  for (const TomlValue& value : values) {
    const std::string name = value.name.substr(0, value.name.rfind('.'));
    const auto found = std::find_if(sections.begin(), sections.end(),
                                    [&](const auto& section) { return section.first == name; });
    auto& section =
        found == sections.end() ? sections.emplace_back(name, std::vector<TomlValue>()) : *found;
    section.second.push_back(value);
  }
  std::vector<Setting> settings;
  for (const auto& [name, section] : sections) settings.push_back(setting_of(name, section, file));
  return std::make_unique<SettingsSpace>(std::move(settings));
}

}  // namespace nas::search_space
