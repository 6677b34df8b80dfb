#include "common/toml_values.h"

#include <toml++/toml.h>

#include <algorithm>

#include "common/error.h"

namespace nas::common {

namespace {

std::string place_of(const toml::source_region& source, const std::string& file) {
  return file + ":" + std::to_string(source.begin.line);
}

Json value_of(const toml::node& node, const std::string& name, const std::string& file) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* array = node.as_array()) {
    Json list = Json::array();
    for (const auto& item : *array) list.push_back(value_of(item, name, file));
    return list;
  }
  throw ConfigError({.where = place_of(node.source(), file),
                     .what = "key '" + name + "' has an unsupported type"});
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& file,
             std::vector<TomlValue>& values) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* section = node.as_table()) {
      flatten(*section, name + ".", file, values);
    } else {
      values.push_back(
          {name, value_of(node, name, file), static_cast<int64_t>(node.source().begin.line)});
    }
  }
}

using Sections = std::vector<std::pair<std::string, int64_t>>;

void find_empty(const toml::table& table, const std::string& prefix, Sections& found) {
  for (const auto& [key, node] : table) {
    const auto* section = node.as_table();
    if (section == nullptr) continue;
    const std::string name = prefix + std::string(key.str());
    if (section->empty()) found.emplace_back(name, section->source().begin.line);
    find_empty(*section, name + ".", found);
  }
}

toml::table parsed(const std::string& text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    throw ConfigError({.where = place_of(error.source(), file),
                       .what = "not valid TOML",
                       .got = std::string(error.description())});
  }
}

}  // namespace

std::vector<TomlValue> parse_toml(const std::string& text, const std::string& file) {
  std::vector<TomlValue> values;
  flatten(parsed(text, file), "", file, values);
  std::stable_sort(values.begin(), values.end(),
                   [](const TomlValue& a, const TomlValue& b) { return a.line < b.line; });
  return values;
}

std::vector<std::pair<std::string, int64_t>> empty_sections(const std::string& text,
                                                            const std::string& file) {
  Sections found;
  find_empty(parsed(text, file), "", found);
  return found;
}

}  // namespace nas::common
