#include <catch2/catch_test_macros.hpp>
#include <set>

#include "tests/repository/source_files.h"

namespace nas::tests {
namespace {

TEST_CASE("headers: #pragma once is the first directive", "[repository]") {
  for (const std::string& file : source_files(true)) {
    if (!ends_with(file, ".h")) continue;
    CAPTURE(file);
    std::string first;
    for (const std::string& line : lines_of(file)) {
      const std::string text = common::trim(line);
      if (text.empty() || common::starts_with(text, "//")) continue;
      first = text;
      break;
    }
    CHECK(first == "#pragma once");
  }
}

TEST_CASE("headers: every header says in its first line what it is for", "[repository]") {
  for (const std::string& file : source_files(true)) {
    if (!ends_with(file, ".h")) continue;
    CAPTURE(file);
    CHECK(common::starts_with(lines_of(file)[0], "// "));
  }
}

TEST_CASE("headers: every header is included by some file", "[repository]") {
  const auto files = source_files(true);
  std::set<std::string> included;
  for (const std::string& file : files) {
    for (const std::string& line : lines_of(file)) {
      if (const std::string path = included_by(line); path != file) included.insert(path);
    }
  }
  for (const std::string& file : files) {
    if (!ends_with(file, ".h")) continue;
    CAPTURE(file);
    CHECK(included.count(file) == 1);
  }
}

TEST_CASE("headers: includes are written from the root of the repository", "[repository]") {
  for (const std::string& file : source_files(true)) {
    for (const std::string& line : lines_of(file)) {
      const std::string included = included_by(line);
      if (included.empty() || included[0] == '<') continue;
      CAPTURE(file, included);
      CHECK(included.find("..") == std::string::npos);
      CHECK(std::filesystem::is_regular_file(repository() / included));
    }
  }
}

}  // namespace
}  // namespace nas::tests
