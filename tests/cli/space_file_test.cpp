// Spaces of the user's own, from a file: searched, continued, refused. To the exported network:
// spaces_test.cpp.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>

#include "tests/cli/small_searches.h"
#include "tests/support/spaces.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::Json;

TEST_CASE("space file: a run keeps it, and goes on without the file", "[cli]") {
  const TempDir dir;
  make_shapes(dir.path());
  common::write_file_atomically(dir.path() / "three.toml", search_space::kThreeByThree);
  const std::string out = ran_well(dir.path(), small_search_in("three.toml", "r", "random", 2));
  CHECK_THAT(out, ContainsSubstring("r/best/architecture.json"));
  CHECK(common::read_file(dir.path() / "r" / "space.toml") == search_space::kThreeByThree);
  fs::remove(dir.path() / "three.toml");
  fs::rename(dir.path() / "r", dir.path() / "moved");
  ran_well(dir.path(), "search --run ./moved --trials 3");
  const Json status = status_of(dir.path(), "moved");
  CHECK(status.at("trials").size() >= 3);

  const auto space = search_space::read_space(search_space::kThreeByThree, "three.toml");
  for (const auto& trial : status.at("trials")) {
    const auto architecture =
        search_space::architecture_from_json(trial.at("architecture"), "status");
    CHECK(space->key(space->choices(architecture)) == trial.at("key").get<std::string>());
  }
}

TEST_CASE("space file: a run is continued with the same space alone", "[cli]") {
  const TempDir dir;
  make_shapes(dir.path());
  const fs::path file = dir.path() / "mine.toml";
  common::write_file_atomically(file, search_space::kOneCell);
  ran_well(dir.path(), small_search_in("mine.toml", "r", "random", 2));
  const std::string config = common::read_file(dir.path() / "r" / "config.toml");
  CHECK_THAT(config, ContainsSubstring("space = \"space.toml\"  # flag"));
  ran_well(dir.path(), small_search_in("mine.toml", "r", "random", 2));  // finished
  fs::rename(file, dir.path() / "renamed.toml");
  ran_well(dir.path(), small_search_in("renamed.toml", "r", "random", 3));
  CHECK_THAT(common::read_file(dir.path() / "r" / "config.toml"),
             ContainsSubstring("space = \"space.toml\"") && ContainsSubstring("trials = 3"));

  common::write_file_atomically(dir.path() / "renamed.toml", search_space::kThreeByThree);
  CHECK_THAT(run_program(small_search_in("renamed.toml", "r", "random", 4), dir.path()).err,
             ContainsSubstring("nodes 3 (it was begun with 4)"));
  for (const std::string other : {"renamed.toml", "nasnet"}) {
    CAPTURE(other);
    const ProgramResult refused = run_program(small_search_in(other, "r", "random", 4), dir.path());
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, ContainsSubstring("--space " + other));
  }
}

TEST_CASE("space file: mistakes end with exit code 2, before there is a run", "[cli]") {
  const TempDir dir;
  make_shapes(dir.path());
  common::write_file_atomically(dir.path() / "bad.toml",
                                "operations = [\"sep_conv_3x3\", \"idnetity\"]\n");
  common::write_file_atomically(dir.path() / "lr.toml", "[lr]\nmin = 0.1\nmax = 1.0\n");
  const std::pair<std::string, std::string> refused[] = {
      {"bad.toml", "[bad.toml:1: operations] unknown operation; got 'idnetity'"},
      {"missing.toml", "[--space] no such file; got 'missing.toml'"},
      {"nasnett", "[--space] unknown space; got 'nasnett'"},
      {"hyper", "settings of a training, not networks; try nas tune"},
      {"lr.toml", "settings of a training, not networks; try nas tune"}};
  for (const auto& [space, message] : refused) {
    CAPTURE(space);
    const ProgramResult result = run_program(small_search_in(space, "r", "random", 2), dir.path());
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
    CHECK_FALSE(fs::exists(dir.path() / "r"));
  }
}

}  // namespace
}  // namespace nas::tests
