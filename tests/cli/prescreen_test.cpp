// Searches of the real program that train the most promising of a pool of proposals.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <set>

#include "common/text.h"
#include "data/dataset_file.h"
#include "tests/cli/searches.h"
#include "tests/data/small_dataset.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;

constexpr size_t kPool = 5;

void search_in(const TempDir& dir, const std::vector<std::string>& words) {
  const ProgramResult result = run_program(words, dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
}

std::vector<std::string> prescreened(const std::string& run, const std::string& strategy,
                                     int trials, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words =
      table_search(run, strategy, trials, {"--prescreen", "parameters", "--pool", "5"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

double score_of(const Json& trial) {
  return trial.at("metrics").at("scores").at("parameters").get<double>();
}

// Of each pool at most one is trained, the best of those that could be; returns how many are.
int check_pools(const Json& trials, size_t given) {
  REQUIRE((trials.size() - given) % kPool == 0);
  int trained = 0;
  std::set<std::string> known;  // keys of trainings
  for (size_t i = 0; i < given; ++i) known.insert(trials[i].at("key").get<std::string>());
  for (size_t first = given; first < trials.size(); first += kPool) {
    const Json* chosen = nullptr;
    for (size_t i = first; i < first + kPool; ++i) {
      const Json& trial = trials[i];
      const auto state = trial.at("state").get<std::string>();
      if (trial.contains("reused_from")) {
        CHECK(known.count(trial.at("key").get<std::string>()) == 1);
        CHECK(state == "SUCCEEDED");
      } else if (state == "SUCCEEDED") {
        CHECK(chosen == nullptr);
        chosen = &trial;
      } else {
        CHECK(state == "NOT_RUN");
        CHECK(trial.at("reward").is_null());
      }
    }
    if (chosen == nullptr) continue;
    ++trained;
    CHECK(known.insert(chosen->at("key").get<std::string>()).second);
    CHECK(score_of(*chosen) == chosen->at("metrics").at("parameters").get<double>());
    for (size_t i = first; i < first + kPool; ++i) {
      const Json& trial = trials[i];
      // What repeats a trial in flight has no score.
      if (trial.at("state").get<std::string>() != "NOT_RUN") continue;
      if (trial.at("metrics").contains("scores")) CHECK(score_of(trial) <= score_of(*chosen));
    }
  }
  return trained;
}

TEST_CASE("prescreen: with every strategy the best of each pool is trained, also in parts",
          "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  for (const auto& strategy : controller::strategies_by_reward()) {
    CAPTURE(strategy);
    search_in(dir, prescreened(strategy, strategy, 10));
    const Json status = status_of(dir.path(), strategy);
    CHECK(check_pools(status.at("trials"), 0) == 10);
    CHECK(status.at("state").get<std::string>() == "finished");
    const std::string parts = strategy + "-in-parts";
    for (const int trials : {4, 10})
      search_in(dir, prescreened(parts, strategy, trials, {"--workers", "1"}));
    CHECK(outcome_of(dir.path(), parts) == outcome_of(dir.path(), strategy));
  }
}

TEST_CASE("prescreen: what the user gives first is trained in any case", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const std::string given = nasbench201_text(14321) + "," + nasbench201_text(777);
  search_in(dir, prescreened("r", "evolution", 12, {"--start-with", given}));
  const Json trials = status_of(dir.path(), "r").at("trials");
  for (size_t i = 0; i < 2; ++i) CHECK(trials[i].at("state").get<std::string>() == "SUCCEEDED");
  CHECK(check_pools(trials, 2) == 10);
  search_in(dir, prescreened("parts", "evolution", 1, {"--start-with", given}));
  search_in(dir, prescreened("parts", "evolution", 12));
  CHECK(outcome_of(dir.path(), "parts") == outcome_of(dir.path(), "r"));
}

TEST_CASE("prescreen: what was not run is counted, not shown; the report has no failures",
          "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  search_in(dir, prescreened("r", "random", 6));
  const std::string out = run_program({"status", "--run", "r"}, dir.path()).out;
  const size_t first = out.find("NOT_RUN");
  CHECK(first != std::string::npos);
  CHECK(out.find("NOT_RUN", first + 1) == std::string::npos);
  CHECK_THAT(run_program({"status", "--run", "r", "--csv"}, dir.path()).out,
             ContainsSubstring("NOT_RUN,,"));
  CHECK_THAT(common::read_file(dir.path() / "r" / "report.html"),
             !ContainsSubstring("Failed trials"));
}

TEST_CASE("prescreen: real children are chosen by a score of images, the same in parts", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(32, 16, 3, 16));
  const auto words = [](const std::string& run, int trials) {
    return common::split(
        "search --run ./" + run + " --trials " + std::to_string(trials) +
            " --workers 2 --proxy data.h5 --space nasbench201 --strategy random --window 2 "
            "--threads 1 --device cpu --cells 1 --filters 4 --input-size 16 --train-images 64 "
            "--valid-images 32 --epochs 1 --batch-size 32 --prescreen jacob_cov --pool 3 "
            "--cost latency --cost-target 1 --cost-weight 0 --latency-batch 4",
        ' ');
  };
  search_in(dir, words("r", 3));
  search_in(dir, words("parts", 1));
  search_in(dir, words("parts", 3));
  const Json trials = status_of(dir.path(), "r").at("trials");
  const Json parts = status_of(dir.path(), "parts").at("trials");
  REQUIRE(trials.size() >= 9);
  REQUIRE(parts.size() == trials.size());
  for (size_t first = 0; first < trials.size(); first += 3) {
    const Json* chosen = nullptr;
    for (size_t i = first; i < first + 3; ++i) {
      CHECK((parts[i].at("key") == trials[i].at("key")));
      CHECK((parts[i].at("reward") == trials[i].at("reward")));
      CHECK((parts[i].at("state") == trials[i].at("state")));
      CHECK((parts[i].at("metrics").value("scores", Json()) ==
             trials[i].at("metrics").value("scores", Json())));
      if (trials[i].at("state").get<std::string>() == "SUCCEEDED") chosen = &trials[i];
    }
    REQUIRE(chosen != nullptr);
    const auto& metrics = chosen->at("metrics");
    CHECK(metrics.at("latency_ms").get<double>() > 0);
    CHECK(metrics.at("batch_latency_ms").get<double>() > 0);
    CHECK((metrics.at("quality") == metrics.at("valid_accuracy")));
    for (size_t i = first; i < first + 3; ++i) {
      const auto scores = trials[i].at("metrics").value("scores", Json::object());
      if (scores.contains("jacob_cov"))
        CHECK((scores.at("jacob_cov") <= metrics.at("scores").at("jacob_cov")));
    }
  }
}

TEST_CASE("limits: a child that is too slow is refused before it is trained", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(32, 16, 3, 16));
  const ProgramResult result = run_program(
      common::split(
          "search --run ./r --trials 1 --time-limit 3 --workers 1 --proxy data.h5 --space "
          "nasbench201 --strategy random --threads 1 --device cpu --cells 1 --filters 4 "
          "--input-size 16 --train-images 64 --valid-images 32 --epochs 1 --batch-size "
          "32 --max-latency-ms 0.000001",
          ' '),
      dir.path());
  CHECK(result.exit_code == 4);
  const Json trials = status_of(dir.path(), "r").at("trials");
  REQUIRE_FALSE(trials.empty());
  for (const auto& trial : trials) {
    CHECK(trial.at("state").get<std::string>() == "INFEASIBLE");
    CHECK_THAT(trial.at("reason").get<std::string>(), ContainsSubstring("--max-latency-ms"));
    CHECK(trial.at("metrics").at("latency_ms").get<double>() > 0);
    CHECK(trial.at("metrics").contains("parameters"));
    CHECK_FALSE(trial.at("metrics").contains("valid_accuracy"));
  }
}

}  // namespace
}  // namespace nas::tests
