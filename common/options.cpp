#include "common/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/error.h"
#include "common/text.h"

namespace nas::common {

namespace {

// Where a value comes from, as a user knows it: "--lr", or "my.toml:3: lr".
std::string where_of(const Option& option, const std::string& place) {
  return place.empty() ? "--" + option.name : place + ": " + option.name;
}

[[noreturn]] void reject(const Option& option, const std::string& place, const std::string& got,
                         const std::string& what, const std::string& hint = "") {
  std::string expected = option.type_text() + (option.value.is_array() ? " of texts" : "");
  if (const std::string range = option.range_text(); !range.empty()) expected += " " + range;
  if (!option.unit.empty()) expected += " (" + option.unit + ")";
  throw ConfigError({.where = where_of(option, place),
                     .what = what,
                     .got = "'" + got + "'",
                     .expected = expected,
                     .hint = hint});
}

constexpr size_t kFew = 10;  // options that a message lists

constexpr const char* kOutOfRange = "value out of range";

// `written` is the value as the user wrote it.
void check(const Option& option, const Json& value, const std::string& written,
           const std::string& place) {
  if (value.is_number()) {
    const double number = value.get<double>();
    if (!std::isfinite(number) || (option.min && number < *option.min) ||
        (option.max && number > *option.max)) {
      reject(option, place, written, kOutOfRange);
    }
  }
  if (value.is_number_integer() && value.get<int64_t>() % option.multiple_of != 0)
    reject(option, place, written, kOutOfRange);
  if (option.choices.empty()) return;
  const Json texts = value.is_array() ? value : Json::array({value});
  for (const auto& text : texts.get<std::vector<std::string>>()) {
    if (std::find(option.choices.begin(), option.choices.end(), text) == option.choices.end())
      reject(option, place, text, "unknown value", nearest(text, option.choices));
  }
}

// `otherwise` is what is said of a text that is no number at all.
template <class T>
T parse_number(const Option& option, const std::string& place, const std::string& text,
               const std::string& otherwise) {
  T number = {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = end == text.data() + text.size();
  if (is_number && error == std::errc::result_out_of_range)
    reject(option, place, text, kOutOfRange);
  if (!is_number || error != std::errc()) reject(option, place, text, otherwise);
  return number;
}

Json parse_value(const Option& option, const std::string& place, const std::string& text) {
  if (option.value.is_boolean()) {
    if (text == "true" || text == "1" || text == "yes" || text == "on" || text.empty()) return true;
    if (text == "false" || text == "0" || text == "no" || text == "off") return false;
    reject(option, place, text, "not a flag value");
  }
  if (option.value.is_number_integer()) {
    return parse_number<int64_t>(option, place, text, "not a whole number");
  }
  if (option.value.is_number_float()) {
    return parse_number<double>(option, place, text, "not a number");
  }
  if (option.value.is_array()) {
    Json list = Json::array();
    for (const auto& part : split(text, ',')) {
      if (!trim(part).empty()) list.push_back(trim(part));
    }
    return list;
  }
  return text;
}

void assign(Option& option, const Json& value, const std::string& written,
            const std::string& origin, const std::string& place) {
  const bool widened = option.value.is_number_float() && value.is_number_integer();
  Json checked = widened ? Json(value.get<double>()) : value;
  const bool fits = option.value.is_number_integer() ? checked.is_number_integer()
                                                     : option.value.type() == checked.type();
  const auto is_text = [](const Json& item) { return item.is_string(); };
  if (!fits || (checked.is_array() && !std::all_of(checked.begin(), checked.end(), is_text))) {
    reject(option, place, written, "wrong type");
  }
  check(option, checked, written, place);
  option.value = std::move(checked);
  option.origin = origin;
}

}  // namespace

std::string Option::type_text() const {
  if (value.is_boolean()) return "flag";
  if (value.is_number_integer()) return "integer";
  if (value.is_number_float()) return "number";
  if (value.is_array()) return "list";
  return "text";
}

std::string Option::range_text() const {
  if (!choices.empty()) return join(choices, " | ");
  const auto text = [&](double limit) {
    return value.is_number_integer() ? fmt::format("{:.0f}", limit) : fmt::format("{:g}", limit);
  };
  std::string range;
  if (min && max) {
    range = text(*min) + ".." + text(*max);
  } else if (min) {
    range = ">= " + text(*min);
  } else if (max) {
    range = "<= " + text(*max);
  }
  if (multiple_of == 1) return range;
  return range + (range.empty() ? "" : ", ") + "a multiple of " + std::to_string(multiple_of);
}

std::string Option::value_text() const {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) return join(value.get<std::vector<std::string>>(), ",");
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return value.dump();
}

std::string Option::presets_text() const {
  std::vector<std::string> texts;
  for (const auto& [preset, preset_value] : presets) {
    texts.push_back(preset + " " +
                    Option{.name = name, .value = preset_value, .help = ""}.value_text());
  }
  return join(texts, ", ");
}

void Options::declare(OptionList list, const std::string& section) {
  for (auto& option : list) {
    if (!section.empty()) option.name = section + "." + option.name;
    if (!by_name_.insert({option.name, options_.size()}).second) {
      throw InternalError({.where = "options", .what = "declared twice", .got = option.name});
    }
    options_.push_back(std::move(option));
  }
}

const Option& Options::at(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    throw InternalError({.where = "options", .what = "not declared", .got = name});
  }
  return options_[found->second];
}

Option& Options::declared(const std::string& name, const std::string& origin) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    std::vector<std::string> names;
    for (const auto& option : options_) names.push_back(option.name);
    const std::string near = nearest(name, names);
    const bool few = names.size() <= kFew;
    throw ConfigError({.where = origin,
                       .what = "unknown option",
                       .got = "'" + name + "'",
                       .expected = names.empty() ? "none"
                                   : few         ? "one of: " + join(names, ", ")
                                                 : "",
                       .hint = !near.empty() ? "'" + near + "'"
                               : few         ? ""
                                             : "--help"});
  }
  return options_[found->second];
}

void Options::set_value(const std::string& name, const Json& value, const std::string& origin,
                        const std::string& place) {
  // JSON has no text for a number that is not finite; TOML has.
  const bool finite = !value.is_number_float() || std::isfinite(value.get<double>());
  const std::string written = finite ? value.dump() : fmt::format("{}", value.get<double>());
  assign(declared(name, place.empty() ? origin : place), value, written, origin, place);
}

void Options::set(const std::string& name, const std::string& text, const std::string& origin,
                  const std::string& place) {
  Option& option = declared(name, place.empty() ? origin : place);
  assign(option, parse_value(option, place, text), text, origin, place);
}

void Options::declare_preset(const std::string& preset, const Values& values) {
  const std::string where = "preset " + preset;
  for (const auto& [name, value] : values) {
    Options tried;
    tried.declare({at(name)});
    tried.set_value(name, value, where);  // checked as if a user had given it
    declared(name, where).presets[preset] = tried.at(name).value;
  }
}

void Options::apply_preset(const std::string& preset) {
  for (auto& option : options_) {
    const auto found = option.presets.find(preset);
    if (found == option.presets.end() || option.origin != "default") continue;
    option.value = found->second;
    option.origin = "preset " + preset;
  }
}

bool Options::is_given(const std::string& name) const {
  const std::string& origin = at(name).origin;
  return origin != "default" && origin != "machine" && !starts_with(origin, "preset ");
}

Options Options::continued_with(const Options& given, const std::string& where) const {
  Options options = *this;
  std::vector<std::string> differing;
  for (const auto& option : given.options_) {
    const Option& stored = at(option.name);
    const bool was_given = option.origin != "default";
    if (option.lasting == Lasting::kThisCall ||
        (was_given && option.lasting == Lasting::kUntilChanged)) {
      options.set_value(option.name, option.value, option.origin);
    } else if (was_given && option.value != stored.value) {
      const auto shown = [](const std::string& text) { return text.empty() ? "none" : text; };
      differing.push_back(fmt::format("--{} {} (it was begun with {})", option.name,
                                      shown(option.value_text()), shown(stored.value_text())));
    }
  }
  if (differing.empty()) return options;
  throw ConfigError({.where = where,
                     .what = "it cannot be continued with other options",
                     .got = join(differing, ", "),
                     .hint = "the same options, or a new folder"});
}

int64_t Options::integer(const std::string& name) const { return at(name).value.get<int64_t>(); }
double Options::number(const std::string& name) const { return at(name).value.get<double>(); }
bool Options::flag(const std::string& name) const { return at(name).value.get<bool>(); }
std::string Options::text(const std::string& name) const {
  return at(name).value.get<std::string>();
}
std::vector<std::string> Options::list(const std::string& name) const {
  return at(name).value.get<std::vector<std::string>>();
}

Options Options::section(const std::string& name) const {
  Options part;
  for (Option option : options_) {
    if (!starts_with(option.name, name + ".")) continue;
    option.name = option.name.substr(name.size() + 1);
    part.declare({option});
  }
  return part;
}

}  // namespace nas::common
