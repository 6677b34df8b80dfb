// Searches in each kind of space: planned, killed and continued, shown, transferred, exported.
#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>

#include "tests/cli/small_searches.h"
#include "tests/support/spaces.h"
#include "tests/support/started_program.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

struct SearchedSpace {
  std::string space;
  std::string strategy;
  std::string size;                    // as the plan states it
  std::string shown;                   // by nas show, of every network of the space
  std::vector<std::string> more = {};  // a small policy, which learns from every trial
};

const std::vector<SearchedSpace>& searched_spaces() {
  static const std::vector<SearchedSpace> all = {
      {.space = "darts",
       .strategy = "evolution",
       .size = "22 decisions, 9.1e+18 choices",
       .shown = "state 5 = "},
      {.space = "nasrl",
       .strategy = "ppo",
       .size = "150 decisions, 5e+58 choices",
       .shown = "layer 14 = ",
       .more = {"--ppo.units", "8", "--ppo.batch-size", "1"}},
      {.space = "nasrl-strides",
       .strategy = "reinforce",
       .size = "270 decisions, 7.3e+102 choices",
       .shown = "layer 19 = ",
       .more = {"--reinforce.units", "8"}},
      {.space = "three.toml",
       .strategy = "surrogate",
       .size = "22 decisions, 1.1e+10 choices",
       .shown = "state 4 = "}};
  return all;
}

void make_inputs(const fs::path& dir) {
  make_shapes(dir);
  common::write_file_atomically(dir / "three.toml", search_space::kThreeByThree);
}

TEST_CASE("spaces: a plan says how large they are, and starts nothing", "[cli]") {
  const TempDir dir;
  make_inputs(dir.path());
  for (const auto& searched : searched_spaces()) {
    CAPTURE(searched.space);
    auto words = small_search_in(searched.space, "r", searched.strategy, 4, searched.more);
    words.emplace_back("--dry-run");
    const ProgramResult planned = run_program(words, dir.path());
    CHECK(planned.exit_code == 0);
    CHECK_THAT(planned.err,
               ContainsSubstring("space     " + searched.size) && ContainsSubstring("projected"));
    CHECK_FALSE(fs::exists(dir.path() / "r"));
  }
}

// Killed and continued, shown, transferred, exported.
void check_search(const SearchedSpace& searched, const fs::path& dir) {
  CAPTURE(searched.space);
  const auto search = [&](const std::string& run) {
    return small_search_in(searched.space, run, searched.strategy, 5, searched.more);
  };
  const std::string whole = "whole." + searched.space;
  const std::string killed = "killed." + searched.space;
  ran_well(dir, search(whole));
  StartedProgram program(search(killed), dir);
  REQUIRE(program.makes(dir / killed / "trials" / "000003"));
  program.signal(SIGKILL);
  program.end();
  ran_well(dir, "search --run ./" + killed);
  CHECK(found_by(dir, killed) == found_by(dir, whole));

  const std::string best = killed + "/best/architecture.json";
  CHECK_THAT(ran_well(dir, "show " + best), ContainsSubstring(searched.shown));
  CHECK_THAT(ran_well(dir, "show --format dot " + best), ContainsSubstring("digraph"));
  const std::string model = "model." + searched.space;
  ran_well(dir, "transfer --run " + killed +
                    " --dataset shapes.h5 --cells 1 --filters 4 --epochs 1 --threads 1 --device "
                    "cpu --out " +
                    model);
  for (const std::string format : {"onnx", "torchscript"}) {
    CHECK_THAT(ran_well(dir, "export --model " + model + " --format " + format),
               ContainsSubstring("same top label on all"));
  }
}

void check_searches(const std::vector<std::string>& spaces) {
  const TempDir dir;
  make_inputs(dir.path());
  for (const auto& searched : searched_spaces()) {
    if (std::find(spaces.begin(), spaces.end(), searched.space) != spaces.end())
      check_search(searched, dir.path());
  }
}

TEST_CASE("spaces: from the search to the exported network, over a kill", "[cli]") {
  check_searches({"nasrl", "three.toml"});
}

TEST_CASE("spaces: from the search to the exported network, over a kill; the others",
          "[cli][.slow]") {
  check_searches({"darts", "nasrl-strides"});
}

TEST_CASE("spaces: what the networks of a space cannot have is refused at the start", "[cli]") {
  const TempDir dir;
  make_inputs(dir.path());
  for (const std::string space : {"nasrl", "nasbench201"}) {
    CAPTURE(space);
    const ProgramResult refused =
        run_program(small_search_in(space, "r", "random", 2, {"--aux"}), dir.path());
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, ContainsSubstring("family " + space + " has no auxiliary head"));
    CHECK_FALSE(fs::exists(dir.path() / "r"));
  }
}

TEST_CASE("spaces: all are listed", "[cli]") {
  const std::string listed = ran_well(fs::temp_directory_path(), "list spaces");
  for (const std::string& name : common::Registry<search_space::SpacePlugin>::names())
    CHECK_THAT(listed, ContainsSubstring(name));
  CHECK_THAT(ran_well(fs::temp_directory_path(), "list families"), ContainsSubstring("nasrl"));
}

}  // namespace
}  // namespace nas::tests
