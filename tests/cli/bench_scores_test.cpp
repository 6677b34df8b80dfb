// nas bench scores: the real program on a table, with images of noise.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "common/json.h"
#include "data/dataset_file.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "tests/data/small_dataset.h"
#include "tests/support/nasbench201_table.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using common::Json;

constexpr int kRows = 12;

// data.h5, and table.csv with columns that agree and disagree with the number of parameters.
void write_inputs(const std::filesystem::path& dir) {
  data::write_dataset(dir / "data.h5", noise_dataset());
  std::string text = "arch,agrees,opposes\n";
  for (int i = 0; i < kRows; ++i) {
    const std::string architecture = nasbench201_text(1000 * i + 7);
    const auto graph = search_space::build_network(search_space::find_architecture(architecture),
                                                   {.cells = 1, .filters = 4});
    const auto worth = std::sqrt(static_cast<double>(search_space::cost_of(graph).parameters));
    text += fmt::format("{},{},{}\n", architecture, worth, -worth);
  }
  common::write_file_atomically(dir / "table.csv", text);
}

std::vector<std::string> bench_scores(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"bench",        "scores",  "--table",  "table.csv", "--dataset",
                                    "data.h5",      "--cells", "1",        "--filters", "4",
                                    "--batch-size", "8",       "--device", "cpu"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Json rows_of(const std::filesystem::path& dir, std::vector<std::string> more) {
  more.push_back("--json");
  const ProgramResult result = run_program(bench_scores(more), dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return common::parse_json(result.out, "nas bench scores");
}

TEST_CASE("bench scores: correlations with the column asked for", "[cli]") {
  const TempDir dir;
  write_inputs(dir.path());
  const Json rows = rows_of(dir.path(), {"--scores", "parameters,synflow"});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("score").get<std::string>() == "parameters");
  CHECK(rows[0].at("networks").get<int>() == kRows);
  for (const char* key : {"spearman", "kendall"})
    CHECK_THAT(rows[0].at(key).get<double>(), WithinAbs(1.0, 1e-12));
  CHECK(std::abs(rows[1].at("spearman").get<double>()) <= 1.0);
  CHECK(rows[1].at("spearman_error").get<double>() > 0.0);
  CHECK(rows[1].at("kendall_error").get<double>() > 0.0);
  CHECK(rows[1].at("seconds").get<double>() > 0.0);
  const Json opposed = rows_of(dir.path(), {"--scores", "parameters", "--column", "opposes"});
  CHECK_THAT(opposed.at(0).at("kendall").get<double>(), WithinAbs(-1.0, 1e-12));
}

TEST_CASE("bench scores: a sample of all scores, the same for the same seed", "[cli]") {
  const TempDir dir;
  write_inputs(dir.path());
  const auto timeless = [&](const std::string& seed) {
    Json rows = rows_of(dir.path(), {"--sample", "8", "--seed", seed, "--input-size", "12"});
    for (auto& row : rows) row.erase("seconds");
    return rows;
  };
  const Json rows = timeless("1");
  CHECK(rows.size() >= 8);
  CHECK(rows.at(0).at("networks").get<int>() == 8);
  CHECK(timeless("1").dump() == rows.dump());
  CHECK(timeless("2").dump() != rows.dump());
}

TEST_CASE("bench scores: prints rows, and how far it is beside them", "[cli]") {
  const TempDir dir;
  write_inputs(dir.path());
  const ProgramResult result =
      run_program(bench_scores({"--scores", "parameters,zen"}), dir.path());
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.out, ContainsSubstring("12 networks") && ContainsSubstring("\nparameters ") &&
                             ContainsSubstring("1.000 ± ") && ContainsSubstring("\nzen "));
  // Nothing is said of the time left before a network is done: only theirs counts.
  CHECK_THAT(result.err, ContainsSubstring("0 of 12 networks\n"));
}

TEST_CASE("bench scores: what has no order has no correlation", "[cli]") {
  const TempDir dir;
  write_inputs(dir.path());
  std::string text = "arch,flat\n";
  for (int i = 0; i < kRows; ++i) text += nasbench201_text(1000 * i + 7) + ",0.9\n";
  common::write_file_atomically(dir.path() / "flat.csv", text);
  const Json rows = rows_of(dir.path(), {"--table", "flat.csv", "--scores", "parameters"});
  for (const char* key : {"spearman", "spearman_error", "kendall", "kendall_error"})
    CHECK(rows.at(0).at(key).is_null());
  const ProgramResult result =
      run_program(bench_scores({"--table", "flat.csv", "--scores", "parameters"}), dir.path());
  CHECK_THAT(result.out, ContainsSubstring("not defined") && !ContainsSubstring(" ± 0") &&
                             !ContainsSubstring("nan"));
}

TEST_CASE("bench scores: what it cannot use is named", "[cli]") {
  const TempDir dir;
  write_inputs(dir.path());
  std::string strange = "arch,worth\nnobody,1\n";
  for (int i = 0; i < kRows; ++i) strange += nasbench201_text(i) + ",0.9\n";
  common::write_file_atomically(dir.path() / "strange.csv", strange);
  common::write_file_atomically(dir.path() / "empty.csv", "arch,worth\n");
  common::write_file_atomically(dir.path() / "one.csv", "arch,worth\nnasnet-a,1\n");
  const auto check = [&](const std::vector<std::string>& words, int code, const std::string& part) {
    const ProgramResult result = run_program(words, dir.path());
    CAPTURE(words, result.err);
    CHECK(result.exit_code == code);
    CHECK_THAT(result.err, ContainsSubstring("error: [") && ContainsSubstring(part));
    CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
  };
  check({"bench", "scores"}, 2, "--table FILE");
  check(bench_scores({"--scores", "luck"}), 2, "'luck'");
  check(bench_scores({"--column", "luck"}), 3,
        "[--column] no such column in table.csv; got 'luck'; expected agrees | opposes");
  check(bench_scores({"--table", "empty.csv"}), 3, "no row");
  check(bench_scores({"--sample", "7"}), 2, "--sample");
  check(bench_scores({"--table", "missing.csv"}), 3, "missing.csv");
  check(bench_scores({"--table", "strange.csv"}), 3, "strange.csv:2");
  check(bench_scores({"--table", "one.csv"}), 3, "[one.csv] too few architectures");
  check(bench_scores({"--dataset", "missing.h5"}), 3, "missing.h5");
  check(bench_scores({"--batch-size", "1"}), 2, "--batch-size");
}

}  // namespace
}  // namespace nas::tests
