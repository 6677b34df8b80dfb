// nas bench strategies: the real program on a table.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/json.h"
#include "common/text.h"
#include "tests/support/nasbench201_table.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;

std::vector<std::string> bench_strategies(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"bench", "strategies",   "--seeds", "5",
                                    "--set", "trials=10,25", "--table", "table.csv"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("bench strategies: prints rows, and how far it is beside them", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const auto words =
      bench_strategies({"--strategies", "random,evolution", "--report-column", "negative"});
  const ProgramResult text = run_program(words, dir.path());
  INFO(text.err);
  REQUIRE(text.exit_code == 0);
  CHECK_THAT(text.out, ContainsSubstring("5 seeds") && ContainsSubstring("distinct"));
  CHECK_THAT(text.err,
             ContainsSubstring("random: 5 seeds in") && ContainsSubstring("evolution: 5 seeds in"));

  auto json_words = words;
  json_words.push_back("--json");
  const ProgramResult json = run_program(json_words, dir.path());
  const common::Json rows = common::parse_json(json.out, "nas bench strategies");
  REQUIRE(rows.size() == 4);
  for (size_t i = 0; i < rows.size(); ++i) {
    const common::Json& row = rows[i];
    CAPTURE(row.dump());
    CHECK(row.at("strategy").get<std::string>() == (i < 2 ? "random" : "evolution"));
    CHECK(row.at("evaluations").get<int>() == (i % 2 == 0 ? 10 : 25));
    CHECK(row.at("seeds").get<int>() == 5);
    const auto best = row.at("best_reward_mean").get<double>();
    CHECK(best > 0.5);
    CHECK(best <= 1.0);
    CHECK(row.at("best_reward_sd").get<double>() > 0.0);
    CHECK(row.at("report_mean").get<double>() < 0.0);
    CHECK(row.at("report_sd").get<double>() > 0.0);
    CHECK(row.at("distinct_mean").get<double>() > 5.0);
    CHECK_THAT(text.out, ContainsSubstring(fmt::format("{:.4f} ±", best)));
  }
}

TEST_CASE("bench strategies: one seed has no deviation", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const auto words = bench_strategies({"--strategies", "random", "--seeds", "1"});
  const ProgramResult text = run_program(words, dir.path());
  REQUIRE(text.exit_code == 0);
  CHECK_THAT(text.out, ContainsSubstring("of one seed") && !ContainsSubstring("±"));
  CHECK_THAT(text.err, ContainsSubstring("random: 1 seed in") && !ContainsSubstring("table.csv"));
  auto json_words = words;
  json_words.push_back("--json");
  const auto rows = common::parse_json(run_program(json_words, dir.path()).out, "rows");
  for (const char* key : {"best_reward_sd", "report_sd"}) CHECK(rows.at(0).at(key).is_null());
  CHECK_THAT(text.out,
             ContainsSubstring(fmt::format("{:.4f}", rows[0]["best_reward_mean"].get<double>())));
}

TEST_CASE("bench strategies: says what its table lacks", "[cli]") {
  const TempDir dir;
  std::string half = "arch,reward\n";
  for (int i = 0; i < 15625; i += 2) half += nasbench201_text(i) + ",0.5\n";
  common::write_file_atomically(dir.path() / "table.csv", half);
  const ProgramResult result =
      run_program(bench_strategies({"--strategies", "random"}), dir.path());
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, ContainsSubstring("table.csv has 7813 of the 15625 architectures"));
}

TEST_CASE("bench strategies: a strategy's options are those of a search", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const auto rows = [&](const std::vector<std::string>& more) {
    auto words = bench_strategies({"--strategies", "evolution", "--json"});
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words, dir.path()).out;
  };
  const std::string standard = rows({});
  CHECK(common::parse_json(standard, "rows").size() == 2);
  CHECK(rows({"--set", "evolution.population=10"}) == standard);
  CHECK(rows({"--set", "evolution.population=3"}) != standard);
  CHECK(rows({"--evolution.population", "3"}) == rows({"--set", "evolution.population=3"}));
}

TEST_CASE("bench strategies: what it cannot use is named", "[cli]") {
  const TempDir dir;
  common::write_file_atomically(dir.path() / "table.csv", "arch,reward\nnobody,1\n");
  common::write_file_atomically(dir.path() / "one.csv",
                                "arch,reward\n" + nasbench201_text(1) + ",1\n");
  const auto check = [&](const std::vector<std::string>& words, int code, const std::string& part) {
    const ProgramResult result = run_program(words, dir.path());
    CAPTURE(words, result.err);
    CHECK(result.exit_code == code);
    CHECK_THAT(result.err, ContainsSubstring("error: [") && ContainsSubstring(part));
    CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
  };
  check({"bench", "strategies"}, 2, "--table FILE");
  check({"bench"}, 2, "bench strategies");
  check({"bench", "strategies", "--table", "missing.csv"}, 3, "missing.csv");
  check(bench_strategies({"--reward-column", "worth"}), 3, "[--reward-column] no such column");
  check(bench_strategies({"--report-column", "worth"}), 3, "[--report-column] no such column");
  check(bench_strategies({"--strategies", "luck"}), 2, "'luck'");
  check(bench_strategies({"--seeds", "0"}), 2, "--seeds");
  check(bench_strategies({"--set", "trials=many"}), 2, "'many'");
  check(bench_strategies({"--set", "ppo.clipp=0.1"}), 2, "'ppo.clip'");
  check(bench_strategies({}), 3, "table.csv:2");
  check(bench_strategies({"--table", "one.csv", "--strategies", "random"}), 3, "random");
}

}  // namespace
}  // namespace nas::tests
