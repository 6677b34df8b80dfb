// One folder is one floor: it includes itself and the floors to its left, never a sibling.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "tests/repository/source_files.h"

namespace nas::tests {
namespace {

TEST_CASE("floors: an include line is understood", "[repository]") {
  CHECK(included_by("#include \"common/error.h\"") == "common/error.h");
  CHECK(included_by("  #  include  \"a/b.h\"  // why") == "a/b.h");
  CHECK(included_by("#include <torch/types.h>") == "<torch/types.h");
  CHECK(included_by("// #include \"common/error.h\"").empty());
  CHECK(included_by("#define INCLUDE 1").empty());
  CHECK(included_by("").empty());
}

TEST_CASE("floors: every file includes only its own floor and those before it", "[repository]") {
  const auto files = source_files(false);
  REQUIRE(files.size() > 100);
  for (const std::string& file : files) {
    const std::string floor = first_folder(file);
    for (const std::string& line : lines_of(file)) {
      const std::string included = included_by(line);
      if (included.empty() || included[0] == '<') continue;
      CAPTURE(file, included);
      const std::string other = first_folder(included);
      REQUIRE(level_of(other) >= 0);
      CHECK((other == floor || level_of(other) < level_of(floor)));
      CHECK(std::filesystem::is_regular_file(repository() / included));
    }
  }
}

TEST_CASE("floors: CMake adds them in the same order", "[repository]") {
  std::vector<std::string> added;
  for (const std::string& line : lines_of("CMakeLists.txt")) {
    const std::string text = common::trim(line);
    const std::string command = "add_subdirectory(";
    if (!common::starts_with(text, command)) continue;
    const std::string folder = text.substr(command.size(), text.find(')') - command.size());
    if (folder != "tests") added.push_back(folder);
  }
  std::vector<std::string> expected;
  for (const auto& [floor, level] : floors()) expected.push_back(floor);
  CHECK(added == expected);
}

TEST_CASE("floors: sources lie in a floor, in the tests or beside CMake", "[repository]") {
  for (const std::string& file : repository_files()) {
    if (!ends_with(file, ".h") && !ends_with(file, ".cpp")) continue;
    CAPTURE(file);
    const std::string folder = first_folder(file);
    CHECK((level_of(folder) >= 0 || folder == "tests" || folder == "cmake"));
  }
}

// What a floor must not know (README, "Architecture").
TEST_CASE("floors: a library is included only where it belongs", "[repository]") {
  const std::set<std::string> torch = {"controller", "child_trainer", "export", "engine"};
  const std::map<std::string, std::set<std::string>> allowed = {
      {"<torch/", torch},     {"<ATen/", torch},
      {"<c10/", torch},       {"<hdf5", {"data"}},
      {"<H5", {"data"}},      {"<opencv2/", {"data", "export"}},
      {"<soci/", {"engine"}}, {"<sqlite3", {"engine"}},
      {"<libpq", {"engine"}}, {"<boost/program_options", {"cli"}}};
  for (const std::string& file : source_files(false)) {
    for (const std::string& line : lines_of(file)) {
      const std::string included = included_by(line);
      for (const auto& [library, where] : allowed) {
        if (!common::starts_with(included, library)) continue;
        CAPTURE(file, included);
        CHECK(where.count(first_folder(file)) == 1);
      }
    }
  }
}

}  // namespace
}  // namespace nas::tests
