#include "engine/strategy_bench.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "common/error.h"
#include "tests/support/nasbench201_table.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Given = std::vector<std::pair<std::string, std::string>>;

const std::filesystem::path& table() {
  static const tests::TempDir dir;
  static const std::filesystem::path file = dir.path() / "table.csv";
  if (!std::filesystem::exists(file)) tests::write_table(file);
  return file;
}

StrategyBench bench(const Given& settings) {
  common::Options options = strategy_bench_options();
  options.set("table", table().string(), "test");
  for (const auto& [name, value] : settings) options.set(name, value, "test");
  return StrategyBench(options);
}

std::vector<StrategyBenchRow> rows(const StrategyBench& bench, const std::string& strategy) {
  return bench.run(strategy, [&](int64_t done) {
    CHECK(done >= 1);
    CHECK(done <= bench.seeds());
  });
}

// The rows as text, to compare every bit of them.
std::string text_of(const std::vector<StrategyBenchRow>& rows) {
  common::Json json = common::Json::array();
  for (const auto& row : rows) json.push_back(to_json(row));
  return json.dump();
}

// The mean of the best of `trials` uniform draws from the table's rewards.
double expected_best(int64_t trials) {
  std::vector<double> rewards;
  for (int i = 0; i < 15625; ++i) {
    rewards.push_back(tests::table_reward(tests::nasbench201_text(i)));
  }
  std::sort(rewards.begin(), rewards.end());
  const auto below = [&](size_t i) {  // the probability that all draws are among the lowest i
    return std::pow(static_cast<double>(i) / static_cast<double>(rewards.size()), trials);
  };
  double mean = 0.0;
  for (size_t i = 0; i < rewards.size(); ++i) mean += rewards[i] * (below(i + 1) - below(i));
  return mean;
}

TEST_CASE("strategy bench: random finds what chance says", "[engine]") {
  const auto found = rows(bench({{"report-column", "negative"}, {"trials", "40,5"}}), "random");
  REQUIRE(found.size() == 2);
  CHECK(found[0].evaluations == 5);
  CHECK(found[1].evaluations == 40);
  for (const auto& row : found) {
    CAPTURE(row.evaluations, row.best_reward_mean);
    CHECK(row.strategy == "random");
    CHECK(row.seeds == 100);
    CHECK(row.best_reward_sd > 0.0);
    CHECK(std::abs(row.best_reward_mean - expected_best(row.evaluations)) <
          4.0 * row.best_reward_sd / std::sqrt(100.0));
    CHECK(std::abs(row.report_mean + row.best_reward_mean) < 1e-12);
    CHECK(std::abs(row.report_sd - row.best_reward_sd) < 1e-12);
    CHECK(row.distinct_mean <= static_cast<double>(row.evaluations));
    CHECK(row.distinct_mean > 0.8 * static_cast<double>(row.evaluations));
  }
}

TEST_CASE("strategy bench: the same seeds give the same rows", "[engine]") {
  const auto small = bench({{"trials", "20"}, {"seeds", "6"}});
  const auto larger = bench({{"trials", "20,30"}, {"seeds", "6"}});
  for (const std::string strategy : {"random", "evolution", "local-search"}) {
    CAPTURE(strategy);
    const auto first = rows(small, strategy);
    CHECK(text_of(first) == text_of(rows(small, strategy)));
    CHECK(text_of(first) == text_of({rows(larger, strategy)[0]}));
  }
}

TEST_CASE("strategy bench: options reach the strategy", "[engine]") {
  const Given few = {{"trials", "60"}, {"seeds", "4"}};
  const auto with = [&](const std::string& name, const std::string& value) {
    Given settings = few;
    settings.emplace_back(name, value);
    return text_of(rows(bench(settings), "evolution"));
  };
  const std::string standard = text_of(rows(bench(few), "evolution"));
  CHECK(with("evolution.population", "10") == standard);
  CHECK(with("evolution.population", "40") != standard);
  CHECK(with("window", "8") != standard);
  CHECK(bench({{"strategies", "random,ppo"}}).strategies() ==
        std::vector<std::string>{"random", "ppo"});
  CHECK(bench({}).strategies().size() >= 5);
}

template <class Error>
void check_refused(const Given& settings, const std::string& part) {
  try {
    bench(settings);
    FAIL("it was accepted: " << part);
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ContainsSubstring(part));
  }
}

TEST_CASE("strategy bench: what it cannot use is named", "[engine]") {
  check_refused<common::UsageError>({{"table", ""}}, "--table FILE");
  check_refused<common::UsageError>({{"strategies", "luck"}}, "'luck'");
  for (const std::string trials : {"0", "-1", "many", "1.5", "10000001"}) {
    check_refused<common::ConfigError>({{"trials", trials}}, "'" + trials + "'");
  }
  check_refused<common::ConfigError>({{"trials", ""}}, "--trials");
  check_refused<common::DataError>({{"table", "missing.csv"}}, "missing.csv");
  check_refused<common::DataError>({{"reward-column", "worth"}}, "'worth'");
  check_refused<common::DataError>({{"report-column", "worth"}}, "'worth'");
  // Its rows are of another space.
  check_refused<common::DataError>({{"space", "nasnet"}}, "table.csv:2");
}

TEST_CASE("strategy bench: what is not in the table has failed", "[engine]") {
  const tests::TempDir dir;
  const auto file = dir.path() / "table.csv";
  const auto write = [&](const std::string& rows) {
    common::write_file_atomically(file, "arch,reward\n" + rows);
  };
  const Given settings = {{"table", file.string()}, {"trials", "50"}, {"seeds", "3"}};
  write("nobody,1\n");
  check_refused<common::DataError>(settings, "table.csv:2");
  write(tests::nasbench201_text(7) + ",1\n");
  CHECK_THROWS_AS(rows(bench(settings), "random"), common::DataError);
  std::string half;
  for (int i = 0; i < 15625; i += 2) half += tests::nasbench201_text(i) + ",0.5\n";
  write(half);
  CHECK(rows(bench(settings), "evolution")[0].best_reward_mean == 0.5);
}

}  // namespace
}  // namespace nas::engine
