#include "common/options.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "common/error.h"
#include "common/text.h"

namespace nas::common {

namespace {

[[noreturn]] void reject(const Option& option, const std::string& got, const std::string& what) {
  std::string expected = option.type_text();
  if (const std::string range = option.range_text(); !range.empty()) expected += " " + range;
  if (!option.unit.empty()) expected += " (" + option.unit + ")";
  throw ConfigError(
      {.where = "--" + option.name, .what = what, .got = "'" + got + "'", .expected = expected});
}

void check(const Option& option, const Json& value) {
  if (value.is_number()) {
    const double number = value.get<double>();
    if (!std::isfinite(number) || (option.min && number < *option.min) ||
        (option.max && number > *option.max)) {
      reject(option, value.dump(), "value out of range");
    }
  }
  if (value.is_string() && !option.choices.empty()) {
    const auto text = value.get<std::string>();
    for (const auto& choice : option.choices) {
      if (choice == text) return;
    }
    reject(option, text, "unknown value");
  }
}

template <class T>
std::optional<T> parse_number(const std::string& text) {
  T number = {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Json parse_value(const Option& option, const std::string& text) {
  if (option.value.is_boolean()) {
    if (text == "true" || text == "1" || text == "yes" || text == "on" || text.empty()) return true;
    if (text == "false" || text == "0" || text == "no" || text == "off") return false;
    reject(option, text, "not a flag value");
  }
  if (option.value.is_number_integer()) {
    if (const auto number = parse_number<int64_t>(text)) return *number;
    reject(option, text, "not a whole number");
  }
  if (option.value.is_number_float()) {
    if (const auto number = parse_number<double>(text)) return *number;
    reject(option, text, "not a number");
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

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

Json from_toml(const toml::node& node, const std::string& key, const std::string& origin) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* array = node.as_array()) {
    Json list = Json::array();
    for (const auto& item : *array) list.push_back(from_toml(item, key, origin));
    return list;
  }
  throw ConfigError({.where = origin, .what = "key '" + key + "' has an unsupported type"});
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& origin,
             std::vector<std::pair<std::string, Json>>& pairs) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* section = node.as_table()) {
      flatten(*section, name + ".", origin, pairs);
    } else {
      pairs.emplace_back(name, from_toml(node, name, origin));
    }
  }
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
  if (min && max) return fmt::format("{:g}..{:g}", *min, *max);
  if (min) return fmt::format(">= {:g}", *min);
  if (max) return fmt::format("<= {:g}", *max);
  return "";
}

std::string Option::value_text() const {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) return join(value.get<std::vector<std::string>>(), ",");
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return value.dump();
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

void Options::set_value(const std::string& name, const Json& value, const std::string& origin) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    std::string nearest;
    size_t best = 4;  // farther than that is another word
    for (const auto& option : options_) {
      const size_t distance = edit_distance(name, option.name);
      if (distance < best) {
        best = distance;
        nearest = option.name;
      }
    }
    throw ConfigError({.where = origin,
                       .what = "unknown option",
                       .got = "'" + name + "'",
                       .hint = nearest.empty() ? "--help" : "'" + nearest + "'"});
  }
  Option& option = options_[found->second];
  const bool widened = option.value.is_number_float() && value.is_number_integer();
  Json checked = widened ? Json(value.get<double>()) : value;
  const bool fits = option.value.is_number_integer() ? checked.is_number_integer()
                                                     : option.value.type() == checked.type();
  const auto is_text = [](const Json& item) { return item.is_string(); };
  if (!fits || (checked.is_array() && !std::all_of(checked.begin(), checked.end(), is_text))) {
    reject(option, value.dump(), "wrong type");
  }
  check(option, checked);
  option.value = std::move(checked);
  option.origin = origin;
}

void Options::set(const std::string& name, const std::string& text, const std::string& origin) {
  const auto found = by_name_.find(name);
  set_value(name, found == by_name_.end() ? Json(text) : parse_value(options_[found->second], text),
            origin);
}

void Options::set_default(const std::string& name, const Json& value, const std::string& origin) {
  if (is_default(name)) set_value(name, value, origin);
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

void Options::read_toml(const std::string& text, const std::string& origin) {
  try {
    const toml::table table = toml::parse(text, origin);
    std::vector<std::pair<std::string, Json>> pairs;
    flatten(table, "", origin, pairs);
    for (const auto& [name, value] : pairs) set_value(name, value, origin);
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << origin << ":" << error.source().begin.line;
    throw ConfigError(
        {.where = where.str(), .what = "not valid TOML", .got = std::string(error.description())});
  }
}

std::string Options::to_toml() const {
  std::string top;
  std::map<std::string, std::string> sections;
  for (const auto& option : options_) {
    const auto dot = option.name.rfind('.');
    const std::string key = dot == std::string::npos ? option.name : option.name.substr(dot + 1);
    std::string& block = dot == std::string::npos ? top : sections[option.name.substr(0, dot)];
    std::string value = option.value.dump();  // JSON text is TOML text for these types
    block += fmt::format("{} = {}  # {}\n", key, value, option.origin);
  }
  for (const auto& [name, block] : sections) top += "\n[" + name + "]\n" + block;
  return top;
}

}  // namespace nas::common
