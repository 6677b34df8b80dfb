// Children that really run out of memory, diverge, hang and die: their trials end as what they are, and the search goes on.
#include <catch2/catch_test_macros.hpp>

#include "common/text.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using common::Json;

// Different cells, each with a path of convolutions.
std::string seven_architectures() {
  std::vector<std::string> texts;
  for (const char* operation : {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"}) {
    texts.push_back(fmt::format("|nor_conv_3x3~0|+|{}~0|none~1|+|none~0|nor_conv_1x1~1|skip_connect~2|", operation));
  }
  texts.push_back("|nor_conv_1x1~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|skip_connect~2|");
  texts.push_back("|nor_conv_1x1~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|nor_conv_1x1~2|");
  return common::join(texts, ",");
}

TEST_CASE("faults: each becomes a state of its trial, and the search ends with the right count", "[cli]") {
  const TempDir dir;
  const ProgramResult made =
      run_program({"data", "make", "shapes", "--images", "200", "--size", "16", "--data-dir", "."}, dir.path());
  REQUIRE(made.exit_code == 0);
  const std::vector<std::string> words = {
      "search",       "--proxy",        "shapes.h5", "--run",          "r",    "--space",   "nasbench201",
      "--strategy",   "random",         "--cells",   "1",              "--filters", "4",    "--input-size",
      "16",           "--train-images", "120",       "--valid-images", "20",   "--epochs",  "1",
      "--batch-size", "32",             "--trials",  "7",              "--workers", "2",    "--window",
      "2",            "--threads",      "1",         "--child-memory", "900MB", "--child-silence", "5",
      "--max-attempts", "3",            "--start-with", seven_architectures(), "--json"};
  const ProgramResult result =
      run_program(words, dir.path(), {{"NAS_TEST_FAULT", "oom@1,nan@2,hang@3,kill@4"}});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(common::parse_json(result.out, "nas search").at("trials").get<int>() == 7);

  const Json trials = status_of(dir.path(), "r").at("trials");
  REQUIRE(trials.size() == 7);
  const std::vector<std::string> states = {"SUCCEEDED", "OOM", "NAN", "TIMEOUT", "FAILED", "SUCCEEDED", "SUCCEEDED"};
  for (size_t i = 0; i < states.size(); ++i) {
    CAPTURE(i, trials.at(i).dump());
    CHECK(trials.at(i).at("state").get<std::string>() == states[i]);
    CHECK(trials.at(i).at("reward").is_null() == (states[i] != "SUCCEEDED"));
    CHECK(trials.at(i).contains("reason") == (states[i] != "SUCCEEDED"));
    CHECK(trials.at(i).at("attempt").get<int>() == (i == 4 ? 3 : 0));
  }
  CHECK(trials.at(4).at("reason").get<std::string>().find("3 times") != std::string::npos);
  CHECK(trials.at(1).at("reason").get<std::string>().find("--child-memory") != std::string::npos);
}

}  // namespace
}  // namespace nas::tests
