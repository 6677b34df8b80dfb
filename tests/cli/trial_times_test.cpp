// Where the time of a trial goes: real children of a few steps.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "common/text.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using common::Json;

TEST_CASE("trial times: a warm child starts soon, and the parts are no more than the whole",
          "[cli]") {
  const TempDir dir;
  const auto run = [&](const std::string& words) {
    const ProgramResult result = run_program(common::split(words, ' '), dir.path());
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
  };
  run("data make shapes --images 200 --size 16 --data-dir .");
  run("search --run ./r --proxy shapes.h5 --space nasbench201 --strategy random --workers 1 "
      "--device cpu --cells 1 --filters 4 --input-size 16 --train-images 64 --valid-images 32 "
      "--epochs 2 --batch-size 32 --threads 1 --trials 6");
  std::vector<double> starts;  // of warm children, and what their worker waited before
  const Json status = status_of(dir.path(), "r");
  for (const auto& trial : status.at("trials")) {
    if (trial.contains("reused_from")) continue;
    const Json& times = trial.at("metrics").at("times");
    CAPTURE(times.dump());
    // The worker hears of the start a little late, while the child already trains.
    CHECK(times.at("start").get<double>() > 0);
    CHECK(times.at("start").get<double>() < times.at("whole").get<double>());
    double parts = 0;
    for (const char* part : {"training", "evaluation", "files"}) {
      CHECK(times.at(part).get<double>() > 0);
      parts += times.at(part).get<double>();
    }
    CHECK(parts <= times.at("whole").get<double>());
    if (times.contains("idle"))
      starts.push_back(times.at("idle").get<double>() + times.at("start").get<double>());
  }
  REQUIRE(starts.size() == 5);
  // It takes milliseconds; a machine that does much else may hold up most of them.
  CHECK(*std::min_element(starts.begin(), starts.end()) < 0.5);
}

}  // namespace
}  // namespace nas::tests
