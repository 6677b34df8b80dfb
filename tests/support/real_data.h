// Real data for tests: a file or folder of $NAS_DATA_DIR, or the test is skipped with a reason.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace nas::tests {

inline std::filesystem::path real_data(const std::string& name) {
  const char* dir = std::getenv("NAS_DATA_DIR");
  if (dir == nullptr || *dir == '\0') SKIP("$NAS_DATA_DIR is not set: no " + name);
  const std::filesystem::path path = std::filesystem::path(dir) / name;
  if (!std::filesystem::exists(path)) SKIP("no " + name + " in $NAS_DATA_DIR");
  return path;
}

}  // namespace nas::tests
