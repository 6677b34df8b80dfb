// Children that really run out of memory, diverge, hang, break and die: their trials end as what
// they are, and the search goes on.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/text.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;
using Texts = std::vector<std::string>;

// Different cells, each with a path of convolutions.
std::string seven_architectures() {
  Texts texts;
  for (const char* operation :
       {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"}) {
    texts.push_back(fmt::format(
        "|nor_conv_3x3~0|+|{}~0|none~1|+|none~0|nor_conv_1x1~1|skip_connect~2|", operation));
  }
  texts.push_back("|nor_conv_1x1~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|skip_connect~2|");
  texts.push_back("|nor_conv_1x1~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|nor_conv_1x1~2|");
  return common::join(texts, ",");
}

// A search in dir/r of so many of these, each trained for an epoch on a few small images. Returns
// its trials; it ends well whatever happens to them.
Json trials_of_search(const TempDir& dir, int trials, int workers, const std::string& faults,
                      const Texts& more) {
  const ProgramResult made = run_program(
      {"data", "make", "shapes", "--images", "200", "--size", "16", "--data-dir", "."}, dir.path());
  REQUIRE(made.exit_code == 0);
  const std::string side_by_side = std::to_string(workers);
  Texts words = {"search",
                 "--run",
                 "./r",
                 "--proxy",
                 "shapes.h5",
                 "--train-images",
                 "120",
                 "--valid-images",
                 "20",
                 "--space",
                 "nasbench201",
                 "--strategy",
                 "random",
                 "--start-with",
                 seven_architectures(),
                 "--trials",
                 std::to_string(trials),
                 "--workers",
                 side_by_side,
                 "--window",
                 side_by_side,
                 "--cells",
                 "1",
                 "--filters",
                 "4",
                 "--input-size",
                 "16",
                 "--epochs",
                 "1",
                 "--batch-size",
                 "32",
                 "--threads",
                 "1",
                 "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const ProgramResult result = run_program(words, dir.path(), {{"NAS_TEST_FAULT", faults}});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(common::parse_json(result.out, "nas search").at("trials").get<int>() == trials);
  Json rows = status_of(dir.path(), "r").at("trials");
  REQUIRE(rows.size() == static_cast<size_t>(trials));
  return rows;
}

void check_states(const Json& trials, const Texts& states) {
  for (size_t i = 0; i < states.size(); ++i) {
    CAPTURE(i, trials.at(i).dump());
    CHECK(trials.at(i).at("state").get<std::string>() == states[i]);
    CHECK(trials.at(i).at("reward").is_null() == (states[i] != "SUCCEEDED"));
    CHECK(trials.at(i).contains("reason") == (states[i] != "SUCCEEDED"));
  }
}

std::string reason_of(const Json& trials, size_t trial) {
  return trials.at(trial).at("reason").get<std::string>();
}

std::string log_of(const TempDir& dir, int trial) {
  return common::read_file(dir.path() / "r/trials" / fmt::format("{:06}", trial) / "log.txt");
}

// "… attempt 0, process 1234": the process that trained it first.
std::string process_of(const TempDir& dir, int trial) {
  const std::string line = common::split(log_of(dir, trial), '\n').at(0);
  REQUIRE_THAT(line, ContainsSubstring("attempt 0, process "));
  return line.substr(line.rfind(' ') + 1);
}

TEST_CASE("faults: each becomes a state of its trial, and the search ends with the right count",
          "[cli]") {
  const TempDir dir;
  const Json trials =
      trials_of_search(dir, 7, 2, "oom@1,nan@2,hang@3,kill@4,badcheckpoint@5",
                       {"--child-memory", "900MB", "--child-silence", "5", "--max-attempts", "3"});
  check_states(trials, {"SUCCEEDED", "OOM", "NAN", "TIMEOUT", "FAILED", "SUCCEEDED", "SUCCEEDED"});
  for (size_t i = 0; i < trials.size(); ++i) {
    CAPTURE(i);
    CHECK(trials.at(i).at("attempt").get<int>() == (i == 4 ? 3 : 0));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "r/trials" / fmt::format("{:06}", i) /
                                        "checkpoint.safetensors"));
  }
  CHECK_THAT(reason_of(trials, 1), ContainsSubstring("--child-memory"));
  CHECK_THAT(reason_of(trials, 4), ContainsSubstring("3 times") && ContainsSubstring("signal 9") &&
                                       ContainsSubstring("trials/000004/log.txt"));
  CHECK_THAT(log_of(dir, 0), ContainsSubstring("SUCCEEDED, reward "));
  CHECK_THAT(log_of(dir, 2), ContainsSubstring("NAN: "));
  CHECK_THAT(log_of(dir, 4),
             ContainsSubstring("attempt 0, process ") && ContainsSubstring("attempt 2, process "));
  CHECK_THAT(log_of(dir, 5), ContainsSubstring("checkpoint.safetensors] ") &&
                                 ContainsSubstring("trained from the beginning"));
}

// One worker, so that it is known which child trains what.
TEST_CASE("faults: a child that leaks or breaks is replaced after its trial", "[cli]") {
  const TempDir dir;
  const Json trials =
      trials_of_search(dir, 5, 1, "leak@1,throw@2,exit@3", {"--child-memory", "1000MB"});
  check_states(trials, {"SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED", "SUCCEEDED"});
  CHECK(reason_of(trials, 2) == "something broke");
  CHECK(reason_of(trials, 3) == "the child ended with exit code 7, see trials/000003/log.txt");
  CHECK_THAT(log_of(dir, 2),
             ContainsSubstring("and where it did") && ContainsSubstring("FAILED: something broke"));
  CHECK(process_of(dir, 0) == process_of(dir, 1));  // no reason to replace it yet
  for (const int trial : {1, 2, 3}) {
    CAPTURE(trial);
    CHECK(process_of(dir, trial) != process_of(dir, trial + 1));
  }
  for (int trial = 0; trial < 5; ++trial) {
    CHECK(trials.at(static_cast<size_t>(trial)).at("attempt").get<int>() == 0);
    CHECK_FALSE(std::filesystem::exists(dir.path() / "r/trials" / fmt::format("{:06}", trial) /
                                        "checkpoint.safetensors"));
  }
}

}  // namespace
}  // namespace nas::tests
