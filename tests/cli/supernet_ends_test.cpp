// What ends the training of shared weights ends the search, and it can be continued.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tests/cli/supernets.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;
using Texts = std::vector<std::string>;

ProgramResult ended(const std::filesystem::path& dir, const Texts& words, int code,
                    const Environment& environment = {}) {
  ProgramResult result = run_program(words, dir, environment);
  CAPTURE(words, result.err);
  REQUIRE(result.exit_code == code);
  return result;
}

TEST_CASE("supernet: one that takes too much memory ends the search, which then can have more",
          "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  const auto result =
      ended(dir.path(), supernet_search("r", "random", "--trials 3 --child-memory 150MB"), 1);
  CHECK_THAT(result.err, ContainsSubstring("warning: a child is projected to take") &&
                             ContainsSubstring("may take 150"));
  CHECK_THAT(result.err, ContainsSubstring("[supernet] the child took more than --child-memory") &&
                             ContainsSubstring("expected at most 150") &&
                             ContainsSubstring("try a larger --child-memory"));
  Json status = status_of(dir.path(), "r");
  CHECK(status.at("state").get<std::string>() == "interrupted");
  CHECK(status.at("trials").at(0).at("state").get<std::string>() == "WAITING");
  ended(dir.path(), {"search", "--run", "./r", "--child-memory", "4GB"}, 0);
  status = status_of(dir.path(), "r");
  for (const auto& trial : status.at("trials"))
    CHECK(trial.at("state").get<std::string>() == "SUCCEEDED");
}

TEST_CASE(
    "supernet: a child that hangs, ends or dies again and again in its training is no trial's",
    "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  struct Ending {
    const char* fault;
    const char* says;
  };
  for (const auto& [fault, says] :
       {Ending{"hang", "no progress for --child-silence"}, Ending{"exit", "ended with exit code 7"},
        Ending{"kill", "ended with signal 9"}}) {
    CAPTURE(fault);
    const auto words =
        supernet_search(fault, "random", "--trials 2 --child-silence 5 --max-attempts 2");
    const auto result =
        ended(dir.path(), words, 1, {{"NAS_TEST_FAULT", std::string(fault) + "@0"}});
    CHECK_THAT(result.err, ContainsSubstring("[supernet] the child") && ContainsSubstring(says));
    ended(dir.path(), words, 0);
    CHECK(status_of(dir.path(), fault).at("trials").at(0).at("state").get<std::string>() ==
          "SUCCEEDED");
  }
  // A death is tried again, from the checkpoint.
  const auto once = supernet_search("once", "random", "--trials 1 --max-attempts 2");
  ended(dir.path(), once, 1, {{"NAS_TEST_FAULT", "kill@0"}});
  CHECK(status_of(dir.path(), "once").at("trials").at(0).at("attempt").get<int>() == 1);
}

TEST_CASE("supernet: a time limit stops its training, and it goes on to the same bits", "[cli]") {
  const TempDir dir;
  write_tiny_dataset(dir.path());
  const std::string more = "--trials 3 --epochs 150";
  auto limited = supernet_search("limited", "random", more);
  limited.insert(limited.end(), {"--time-limit", "1"});
  const auto result = ended(dir.path(), limited, 124);
  CHECK_THAT(result.err, ContainsSubstring("time limit") &&
                             ContainsSubstring("continue with: nas search --run"));
  const Json status = status_of(dir.path(), "limited");
  CHECK(status.at("state").get<std::string>() == "stopped early");
  CHECK(status.at("end").get<std::string>() == "time-limit");
  CHECK(status.at("supernet").at("done").size() < 150);
  ended(dir.path(), {"search", "--run", "./limited"}, 0);
  ended(dir.path(), supernet_search("whole", "random", more), 0);
  CHECK(supernet_outcome(dir.path(), "limited") == supernet_outcome(dir.path(), "whole"));
}

}  // namespace
}  // namespace nas::tests
