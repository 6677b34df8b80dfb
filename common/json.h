// JSON, in the order in which it was written, so that files and keys are stable.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace nas::common {

using Json = nlohmann::ordered_json;

// Throws DataError, naming `where` and what is wrong.
Json parse_json(const std::string& text, const std::string& where);
Json read_json(const std::filesystem::path& path);

// The value of `key`; throws DataError when it is missing or of another type.
template <class T>
T json_get(const Json& json, const std::string& key, const std::string& where);

// Bytes as text that JSON and SQL take (base64, RFC 4648).
std::string to_base64(const std::string& bytes);
std::string from_base64(const std::string& text);  // throws DataError

}  // namespace nas::common

#include "common/error.h"

namespace nas::common {

template <class T>
T json_get(const Json& json, const std::string& key, const std::string& where) {
  if (!json.is_object() || !json.contains(key)) {
    throw DataError({.where = where, .what = "key '" + key + "' is missing"});
  }
  try {
    return json.at(key).get<T>();
  } catch (const nlohmann::json::exception&) {
    throw DataError({.where = where,
                     .what = "key '" + key + "' has the wrong type",
                     .got = json.at(key).dump().substr(0, 80)});
  }
}

}  // namespace nas::common
