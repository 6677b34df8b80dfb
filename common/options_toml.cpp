// Options as TOML.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <cstring>
#include <sstream>

#include "common/error.h"
#include "common/options.h"
#include "common/text.h"

namespace nas::common {

namespace {

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

struct TomlValue {
  std::string name;
  Json value;
  size_t line;  // from 1
};

void flatten(const toml::table& table, const std::string& prefix, const std::string& origin,
             std::vector<TomlValue>& values) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* section = node.as_table()) {
      flatten(*section, name + ".", origin, values);
    } else {
      values.push_back({name, from_toml(node, name, origin), node.source().begin.line});
    }
  }
}

std::vector<TomlValue> parse_toml(const std::string& text, const std::string& origin) {
  try {
    std::vector<TomlValue> values;
    flatten(toml::parse(text, origin), "", origin, values);
    return values;
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << origin << ":" << error.source().begin.line;
    throw ConfigError(
        {.where = where.str(), .what = "not valid TOML", .got = std::string(error.description())});
  }
}

constexpr const char* kOriginMark = "  # ";  // between a value and its origin

}  // namespace

void Options::read_toml(const std::string& text, const std::string& origin) {
  for (const auto& [name, value, line] : parse_toml(text, origin)) set_value(name, value, origin);
}

void Options::restore_toml(const std::string& text, const std::string& file) {
  const auto lines = split(text, '\n');
  for (const auto& [name, value, line] : parse_toml(text, file)) {
    const std::string& written = lines.at(line - 1);
    const auto mark = written.rfind(kOriginMark);
    const size_t origin = mark + std::strlen(kOriginMark);
    set_value(name, value, file);  // what does not fit is a fault of this file
    if (mark != std::string::npos) declared(name, file).origin = written.substr(origin);
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
    block += fmt::format("{} = {}{}{}\n", key, value, kOriginMark, option.origin);
  }
  for (const auto& [name, block] : sections) top += "\n[" + name + "]\n" + block;
  return top;
}

}  // namespace nas::common
