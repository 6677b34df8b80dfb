// A TOML file as a list of values.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/json.h"

namespace nas::common {

struct TomlValue {
  std::string name;  // with its sections: "ppo.clip"
  Json value;        // bool, integer, float, string, or array of these
  int64_t line = 0;  // from 1
};

// In the order of the file. Throws ConfigError, with file and line: not TOML, a type that is not
// among these.
std::vector<TomlValue> parse_toml(const std::string& text, const std::string& file);

// The sections that have neither values nor sections, with their lines. Throws as parse_toml().
std::vector<std::pair<std::string, int64_t>> empty_sections(const std::string& text,
                                                            const std::string& file);

}  // namespace nas::common
