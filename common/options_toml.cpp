// Options as TOML.
#include <fmt/format.h>

#include <cstring>

#include "common/error.h"
#include "common/options.h"
#include "common/text.h"
#include "common/toml_values.h"

namespace nas::common {

namespace {

constexpr const char* kOriginMark = "  # ";  // between a value and its origin

}  // namespace

void Options::read_toml(const std::string& text, const std::string& origin) {
  for (const auto& [name, value, line] : parse_toml(text, origin)) {
    const std::string place = fmt::format("{}:{}", origin, line);
    const std::string section = name.substr(0, name.rfind('.'));
    if (section != name && !contains(name) && contains(section)) {
      throw ConfigError({.where = place,
                         .what = "an option is no section",
                         .got = "'" + name + "'",
                         .expected = section + " = VALUE",
                         .hint = contains("space") ? "--space, for a space of settings" : ""});
    }
    set_value(name, value, origin, place);
  }
}

void Options::restore_toml(const std::string& text, const std::string& file) {
  const auto lines = split(text, '\n');
  for (const auto& [name, value, line] : parse_toml(text, file)) {
    const std::string& written = lines.at(static_cast<size_t>(line - 1));
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
