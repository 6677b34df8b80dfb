// Searches of the real program, on a table, whose reward weighs costs or that have limits.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "search_space/architecture.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using common::Json;

constexpr const char* kLossRow = "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|,-0.5\n";

// The trials of a finished search, by nas status.
Json searched(const TempDir& dir, const std::vector<std::string>& words) {
  write_table(dir.path() / "table.csv");
  const ProgramResult result = run_program(words, dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return status_of(dir.path(), "r").at("trials");
}

double table_quality(const Json& trial) {
  return table_reward(search_space::to_nasbench201_text(
      search_space::architecture_from_json(trial.at("architecture"), "status")));
}

TEST_CASE("objectives: the reward weighs the cost, quality and costs are kept", "[cli]") {
  const TempDir dir;
  const Json trials =
      searched(dir, table_search("r", "ppo", 30,
                                 {"--cost", "multiply-adds", "--cost-target", "500000",
                                  "--cost-weight", "-0.5", "--reward-power", "2"}));
  double best = -1;
  for (const auto& trial : trials) {
    const auto& metrics = trial.at("metrics");
    const auto cost = metrics.at("multiply_adds").get<double>();
    const auto quality = metrics.at("quality").get<double>();
    CHECK(metrics.at("parameters").get<int64_t>() > 0);
    CHECK(quality == table_quality(trial));
    const auto reward = trial.at("reward").get<double>();
    CHECK_THAT(reward, WithinRel(quality * quality * std::pow(cost / 500000, -0.5), 1e-12));
    best = std::max(best, reward);
  }
  const auto shown = common::read_json(dir.path() / "r" / "best" / "best.json");
  CHECK(shown.at("reward").get<double>() == best);
}

TEST_CASE("objectives: nas status and the report have the Pareto front", "[cli]") {
  const TempDir dir;
  const Json trials = searched(dir, table_search("r", "random", 40));
  const Json front = status_of(dir.path(), "r").at("pareto_front");
  CHECK(front.at("cost").get<std::string>() == "multiply_adds");
  const auto& points = front.at("trials");
  REQUIRE(points.size() >= 2);
  double best = 0;
  for (const auto& trial : trials) best = std::max(best, trial.at("reward").get<double>());
  CHECK(points.back().at("quality").get<double>() == best);
  for (size_t i = 0; i < points.size(); ++i) {
    const auto& trial = trials.at(points[i].at("trial").get<size_t>());
    CHECK((points[i].at("cost") == trial.at("metrics").at("multiply_adds")));
    CHECK(points[i].at("quality").get<double>() == trial.at("reward").get<double>());
    if (i == 0) continue;
    CHECK(points[i].at("cost").get<double>() > points[i - 1].at("cost").get<double>());
    CHECK(points[i].at("quality").get<double>() > points[i - 1].at("quality").get<double>());
  }
  CHECK_THAT(run_program({"status", "--run", "r"}, dir.path()).out,
             ContainsSubstring("multiply_adds"));
  CHECK_THAT(common::read_file(dir.path() / "r" / "report.html"), ContainsSubstring("Pareto"));
}

TEST_CASE("limits: what is beyond them is INFEASIBLE and no training, with every strategy",
          "[cli]") {
  const TempDir dir;
  const Json free = searched(dir, table_search("r", "random", 41));
  std::vector<int64_t> sizes;
  for (const auto& trial : free)
    sizes.push_back(trial.at("metrics").at("parameters").get<int64_t>());
  std::sort(sizes.begin(), sizes.end());
  const int64_t most = sizes[sizes.size() / 2];
  for (const auto& strategy : controller::strategies_by_reward()) {
    CAPTURE(strategy);
    const ProgramResult result =
        run_program(table_search(strategy, strategy, 15,
                                 {"--max-parameters", std::to_string(most), "--workers", "1"}),
                    dir.path());
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    int trained = 0;
    int refused = 0;
    const Json trials = status_of(dir.path(), strategy).at("trials");
    for (const auto& trial : trials) {
      const bool fits = trial.at("metrics").at("parameters").get<int64_t>() <= most;
      CHECK(trial.at("state").get<std::string>() == (fits ? "SUCCEEDED" : "INFEASIBLE"));
      CHECK(trial.at("reward").is_null() != fits);
      if (!fits)
        CHECK_THAT(trial.at("reason").get<std::string>(), ContainsSubstring("--max-parameters"));
      if (trial.contains("reused_from")) continue;
      ++(fits ? trained : refused);
    }
    CHECK(trained == 15);
    CHECK(refused > 0);
  }
}

TEST_CASE("limits: where nothing is within them the search ends", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const ProgramResult result =
      run_program(table_search("r", "random", 2, {"--max-multiply-adds", "1"}), dir.path());
  CHECK(result.exit_code == 4);
  CHECK_THAT(result.err, ContainsSubstring("no trial succeeded") &&
                             ContainsSubstring("at most 1 (--max-multiply-adds)"));
  CHECK_THAT(run_program({"status", "--run", "r"}, dir.path()).out,
             ContainsSubstring("0 were trained") && ContainsSubstring("--max-multiply-adds"));
  const Json status = status_of(dir.path(), "r");
  CHECK(status.at("state").get<std::string>() == "stopped early");
  for (const auto& trial : status.at("trials"))
    REQUIRE(trial.at("state").get<std::string>() == "INFEASIBLE");
}

TEST_CASE("objectives: what a table has no use for is said", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const ProgramResult result = run_program(
      table_search("r", "random", 5, {"--proxy", "cifar10", "--epochs", "2"}), dir.path());
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, ContainsSubstring("--proxy, --epochs has no effect"));
}

TEST_CASE("objectives: rewards below 0 have no power", "[cli]") {
  const TempDir dir;
  common::write_file_atomically(dir.path() / "table.csv", "arch,reward\n" + std::string(kLossRow));
  const ProgramResult result =
      run_program(table_search("r", "random", 5, {"--reward-power", "2"}), dir.path());
  CHECK(result.exit_code == 3);
  CHECK_THAT(result.err, ContainsSubstring("-0.5") && ContainsSubstring("--reward-power"));
}

TEST_CASE("objectives: options that contradict each other are refused", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const auto check_refused = [&](const std::vector<std::string>& more, const std::string& part) {
    const ProgramResult result = run_program(table_search("r", "random", 5, more), dir.path());
    INFO(result.err);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, ContainsSubstring(part));
  };
  check_refused({"--cost", "parameters"}, "--cost-target");
  check_refused({"--cost-target", "5"}, "--cost parameters");
  check_refused({"--cost-weight", "-0.1"}, "--cost parameters");
  check_refused({"--latency-batch", "8"}, "--cost latency");
  // What a table does not know.
  check_refused({"--cost", "latency", "--cost-target", "5"}, "no latency is measured");
  check_refused({"--max-latency-ms", "5"}, "no latency is measured");
  check_refused({"--repeats", "1"}, "the same rewards would come out");
  check_refused({"--start-with", "nasnet-a"}, "no row");
  check_refused({"--cost", "weight"}, "multiply-adds");
  check_refused({"--pool", "5"}, "--prescreen");
  check_refused({"--prescreen", "synflow"}, "multiply-adds");
}

}  // namespace
}  // namespace nas::tests
