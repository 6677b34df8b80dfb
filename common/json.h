// JSON, in the order in which it was written, so that files and keys are stable.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace nas::common {

using Json = nlohmann::ordered_json;

// Throws DataError, naming `where` and what is wrong.
Json parse_json(const std::string& text, const std::string& where);
Json read_json(const std::filesystem::path& path);

// The value of `key`; throws DataError when it is missing or of another type, as a fraction is
// where whole numbers are asked for.
template <class T>
T json_get(const Json& json, const std::string& key, const std::string& where);

// Bytes as text that JSON and SQL take (base64, RFC 4648).
std::string to_base64(const std::string& bytes);
std::string from_base64(const std::string& text);  // throws DataError

}  // namespace nas::common

#include "common/error.h"

namespace nas::common {

namespace internal {

// nlohmann reads 2.5 as the whole number 2, and one that is too large as any.
template <class T>
struct Whole {
  static bool fits(const Json& json) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      if (json.is_number_unsigned()) return std::in_range<T>(json.get<uint64_t>());
      return json.is_number_integer() && std::in_range<T>(json.get<int64_t>());
    }
    return true;
  }
};

template <class T>
struct Whole<std::vector<T>> {
  static bool fits(const Json& json) {
    return std::all_of(json.begin(), json.end(), Whole<T>::fits);
  }
};

}  // namespace internal

template <class T>
T json_get(const Json& json, const std::string& key, const std::string& where) {
  if (!json.is_object() || !json.contains(key)) {
    throw DataError({.where = where, .what = "key '" + key + "' is missing"});
  }
  try {
    if (internal::Whole<T>::fits(json.at(key))) return json.at(key).get<T>();
  } catch (const nlohmann::json::exception&) {
    // Another type: said below.
  }
  throw DataError({.where = where,
                   .what = "key '" + key + "' has the wrong type",
                   .got = json.at(key).dump().substr(0, 80)});
}

}  // namespace nas::common
