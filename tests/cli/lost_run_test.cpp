// Folders that hold no run, and runs whose database is gone: said plainly, and nothing is written.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tests/cli/searches.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("lost run: a path that was never a run is exit code 4", "[cli]") {
  const TempDir dir;
  fs::create_directories(dir.path() / "photos");
  const std::string here = fs::canonical(dir.path()).string();
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"status"}, {"transfer", "--dataset", "shapes"}, {"status", "--watch"}}) {
    CAPTURE(words);
    const auto with_run = [&](const std::string& run) {
      std::vector<std::string> all = words;
      all.insert(all.end(), {"--run", run});
      ProgramResult result = run_program(all, dir.path());
      CHECK(result.exit_code == 4);
      return result.err;
    };
    CHECK_THAT(with_run("./x"), ContainsSubstring("no run in './x'") &&
                                    ContainsSubstring("no folder " + here + "/x"));
    CHECK_THAT(with_run("photos"), ContainsSubstring("no config.toml in " + here + "/photos") &&
                                       ContainsSubstring(here + "/runs/photos"));
  }
  CHECK(fs::is_empty(dir.path() / "photos"));
}

TEST_CASE("lost run: a missing database is said, and none is made", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  REQUIRE(run_program(table_search("runs/r", "random", 3), dir.path()).exit_code == 0);
  const fs::path database = dir.path() / "runs" / "r" / "run.db";
  REQUIRE(fs::exists(database));
  fs::rename(database, dir.path() / "kept.db");
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"status", "--json"},
                                             {"search", "--run", "r", "--trials", "5"},
                                             {"transfer", "--run", "r", "--dataset", "shapes"}}) {
    CAPTURE(words);
    const ProgramResult result = run_program(words, dir.path());
    CHECK(result.exit_code == 3);
    CHECK(result.out.empty());
    CHECK_THAT(result.err,
               ContainsSubstring("its database is missing") && ContainsSubstring("run.db"));
    CHECK_FALSE(fs::exists(database));
  }
  CHECK_THAT(run_program({"list", "runs"}, dir.path()).out, ContainsSubstring("missing"));
  CHECK_FALSE(fs::exists(database));
  fs::rename(dir.path() / "kept.db", database);
  CHECK(status_of(dir.path(), "r").at("trials").size() == 3);
}

TEST_CASE("lost run: a database that knows nothing of it is said, and is left as it is", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  for (const std::string run : {"runs/r", "runs/other"})
    REQUIRE(run_program(table_search(run, "random", 3), dir.path()).exit_code == 0);
  const fs::path database = dir.path() / "runs" / "r" / "run.db";
  const std::string of_other = common::read_file(dir.path() / "runs" / "other" / "run.db");
  for (const std::string& content : {std::string(), of_other}) {
    common::write_file_atomically(database, content);
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"status", "--run", "r"}, {"search", "--run", "r", "--trials", "5"}}) {
      const ProgramResult result = run_program(words, dir.path());
      CHECK(result.exit_code == 3);
      CHECK_THAT(result.err,
                 ContainsSubstring("its database is missing") && ContainsSubstring("run.db"));
    }
    CHECK((common::read_file(database) == content));
  }
}

// Before, a run was left that no command could use.
TEST_CASE("lost run: a store that cannot be used leaves no run", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  fs::create_directories(dir.path() / "photos");
  const std::vector<std::string> store = {"--store", "postgresql:host=/nowhere"};
  CHECK(run_program(table_search("r", "random", 3, store), dir.path()).exit_code == 1);
  CHECK_FALSE(fs::exists(dir.path() / "r"));
  CHECK(run_program(table_search("photos", "random", 3, store), dir.path()).exit_code == 1);
  CHECK(fs::is_empty(dir.path() / "photos"));
}

}  // namespace
}  // namespace nas::tests
