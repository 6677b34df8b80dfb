#include <catch2/catch_test_macros.hpp>

#include "tests/repository/source_files.h"

namespace nas::tests {
namespace {

constexpr size_t kMost = 500;
constexpr size_t kLook = 300;

// What people write by hand: pages and the lists that tools read are not meant.
bool counts(const std::string& file) {
  for (const std::string end : {".h", ".cpp", ".py", ".cmake", "CMakeLists.txt"}) {
    if (ends_with(file, end)) return true;
  }
  return (first_folder(file) == "scripts" || first_folder(file) == ".ci") &&
         !ends_with(file, ".txt");
}

size_t line_count(const std::string& file) {
  const std::string content = common::read_file(repository() / file);
  return static_cast<size_t>(std::count(content.begin(), content.end(), '\n'));
}

TEST_CASE("sizes: no file is longer than 500 lines", "[repository]") {
  size_t counted = 0;
  for (const std::string& file : repository_files()) {
    if (!counts(file)) continue;
    ++counted;
    const size_t lines = line_count(file);
    CAPTURE(file, lines);
    CHECK(lines <= kMost);
    if (lines > kLook) WARN(file << " has " << lines << " lines: can it be parted?");
  }
  CHECK(counted > 100);
}

TEST_CASE("sizes: the root CMakeLists.txt stays a table of contents", "[repository]") {
  CHECK(line_count("CMakeLists.txt") < 130);
}

}  // namespace
}  // namespace nas::tests
