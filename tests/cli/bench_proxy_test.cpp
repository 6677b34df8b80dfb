// nas bench proxy: the real program, with children of a few steps.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;
using Texts = std::vector<std::string>;

// shapes.h5, and table.csv with a column that agrees with the number of parameters.
void prepare(const std::filesystem::path& dir) {
  const ProgramResult made = run_program(
      {"data", "make", "shapes", "--images", "200", "--size", "16", "--data-dir", "."}, dir);
  REQUIRE(made.exit_code == 0);
  std::string text = "arch,opposes,worth\n";
  for (int i = 0; i < 15; ++i) {
    const std::string architecture = nasbench201_text(1000 * i + 7);
    const auto graph = search_space::build_network(search_space::find_architecture(architecture),
                                                   {.cells = 1, .filters = 4});
    const auto parameters = static_cast<double>(search_space::cost_of(graph).parameters);
    text += fmt::format("{},{},{}\n", architecture, -parameters, parameters / 7);
  }
  common::write_file_atomically(dir / "table.csv", text);
}

Texts bench(const std::string& out, const Texts& more) {
  Texts words = {
      "bench",          "proxy", "--proxy",         "shapes.h5", "--space",        "nasbench201",
      "--out",          out,     "--architectures", "8",         "--seeds",        "2",
      "--workers",      "2",     "--device",        "cpu",       "--cells",        "1",
      "--filters",      "4",     "--input-size",    "16",        "--train-images", "64",
      "--valid-images", "32",    "--epochs",        "1",         "--batch-size",   "32"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Json benched(const std::filesystem::path& dir, Texts words) {
  words.push_back("--json");
  const ProgramResult result = run_program(words, dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return common::parse_json(result.out, "nas bench proxy");
}

Json row_of(const Json& result, const std::string& order) {
  for (const auto& row : result.at("agreements")) {
    if (row.at("order").get<std::string>() == order) return row;
  }
  FAIL("no row " + order);
  return {};
}

TEST_CASE("bench proxy: children are compared with a table", "[cli]") {
  const TempDir dir;
  prepare(dir.path());
  const Texts words = bench("b", {"--table", "table.csv", "--column", "worth"});
  const Json result = benched(dir.path(), words);
  CHECK(result.at("architectures").get<int>() == 8);
  CHECK(result.at("seeds").get<int>() == 2);
  CHECK(result.at("seconds_a_child").get<double>() > 0);
  CHECK(result.at("between_sd").get<double>() > 0);
  CHECK(result.at("verdict").get<std::string>().find("rank correlation of") != std::string::npos);
  CHECK(row_of(result, "parameters").at("spearman").get<double>() > 0.999);
  for (const char* order : {"reward", "expected", "ranking", "from-others"}) {
    const Json row = row_of(result, order);
    CHECK(std::abs(row.at("spearman").get<double>()) <= 1);
    CHECK(std::abs(row.at("kendall").get<double>()) <= 1);
    CHECK(row.at("spearman_error").get<double>() > 0);
  }
  // The laptop preset believes in size, which is all that this table knows.
  CHECK(row_of(result, "ranking").at("spearman").get<double>() >=
        row_of(result, "expected").at("spearman").get<double>());

  // What the run leaves knows of the further trainings.
  const Json best = common::read_json(dir.path() / "b/short/best/best.json");
  CHECK(best.at("winner").at("trainings").get<int>() == 9);
  CHECK(best.at("winner") == status_of(dir.path(), "b/short").at("winner"));
  CHECK_THAT(common::read_file(dir.path() / "b/short/report.html"),
             ContainsSubstring("Trained again, with another seed"));

  // Its trainings are a run, which the same command finds again.
  const Json trials = status_of(dir.path(), "b/short").at("trials");
  CHECK(trials.size() == 9);  // one of them twice
  CHECK(benched(dir.path(), words).dump() == result.dump());
  CHECK(status_of(dir.path(), "b/short").at("trials").dump() == trials.dump());
  // Another column is another question about the same trainings.
  const Json opposed =
      benched(dir.path(), bench("b", {"--table", "table.csv", "--column", "opposes"}));
  CHECK(row_of(opposed, "parameters").at("spearman").get<double>() < -0.999);
  CHECK(status_of(dir.path(), "b/short").at("trials").dump() == trials.dump());
}

TEST_CASE("bench proxy: without a table, with a longer training", "[cli]") {
  const TempDir dir;
  prepare(dir.path());
  const Json result = benched(dir.path(), bench("b", {"--long-epochs", "2", "--seeds", "1"}));
  CHECK(result.at("truth").get<std::string>() == "longer training");
  CHECK(result.at("architectures").get<int>() == 8);
  CHECK(result.at("seeds").get<int>() == 1);
  const Json status = status_of(dir.path(), "b/long-2");
  const Json before = status_of(dir.path(), "b/short");
  REQUIRE(status.at("trials").size() == 8);
  for (const auto& trial : status.at("trials"))
    CHECK(trial.at("metrics").at("epoch").get<int>() == 2);
  size_t same = 0;
  for (const auto& trial : before.at("trials")) {
    for (const auto& other : status.at("trials"))
      same +=
          trial.at("architecture") == other.at("architecture") && !trial.contains("reused_from");
  }
  CHECK(same == 8);
  // With the same seed the first epochs would be those of the children, luck and all.
  const auto seed_of = [&](const std::string& run) {
    return common::read_json(dir.path() / run / "environment.json").at("seed").get<int>();
  };
  CHECK(seed_of("b/long-2") != seed_of("b/short"));
  CHECK(result.at("within_sd").is_null());

  // More architectures would leave the longer trainings behind: that is said before any training.
  const ProgramResult more =
      run_program(bench("b", {"--long-epochs", "2", "--architectures", "9"}), dir.path());
  CHECK(more.exit_code == 2);
  CHECK_THAT(more.err, ContainsSubstring("--architectures") && ContainsSubstring("another --out") &&
                           !ContainsSubstring("start-with"));
  CHECK(status_of(dir.path(), "b/short").at("trials").dump() == before.at("trials").dump());
}

TEST_CASE("bench proxy: it speaks of its own options alone", "[cli]") {
  const TempDir dir;
  prepare(dir.path());
  const Texts words = bench("b", {"--table", "table.csv", "--seeds", "1"});
  REQUIRE(run_program(words, dir.path()).exit_code == 0);
  const auto speaks_of_a_search = [](const std::string& text) {
    return ContainsSubstring("--start-with").match(text) ||
           ContainsSubstring("--run").match(text) || ContainsSubstring("--trials").match(text);
  };
  const ProgramResult again = run_program(words, dir.path());
  CHECK(again.exit_code == 0);
  CHECK_FALSE(speaks_of_a_search(again.err));
  for (const auto& [more, part] : std::vector<std::pair<Texts, std::string>>{
           {{"--architectures", "9"}, "another --out"},
           {{"--seed", "2"}, "another --out"},
           {{"--epochs", "2"}, "--epochs 2 (it was begun with 1)"},
           {{"--out", "table.csv"}, "cannot make the folder"}}) {
    Texts changed = words;
    changed.insert(changed.end(), more.begin(), more.end());
    const ProgramResult result = run_program(changed, dir.path());
    CAPTURE(more, result.err);
    CHECK(result.exit_code != 0);
    CHECK_THAT(result.err, ContainsSubstring(part));
    CHECK_FALSE(speaks_of_a_search(result.err));
  }
}

TEST_CASE("bench proxy: what it cannot use is named", "[cli]") {
  const TempDir dir;
  prepare(dir.path());
  common::write_file_atomically(dir.path() / "strange.csv", "arch,worth\nnobody,1\n");
  std::string few = "arch,worth\n";
  std::string flat = few;
  for (int i = 0; i < 15; ++i) {
    const std::string architecture = nasbench201_text(1000 * i + 7);
    if (i < 7) few += fmt::format("{},{}\n", architecture, i);
    flat += architecture + ",0.9\n";
  }
  common::write_file_atomically(dir.path() / "few.csv", few);
  common::write_file_atomically(dir.path() / "flat.csv", flat);
  const auto check = [&](const Texts& more, int code, const std::string& part) {
    const ProgramResult result = run_program(bench("b", more), dir.path());
    CAPTURE(more, result.err);
    CHECK(result.exit_code == code);
    CHECK_THAT(result.err, ContainsSubstring("error: [") && ContainsSubstring(part));
    CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "b"));  // nothing was trained for it
  };
  check({}, 2, "--long-epochs");
  check({"--table", "missing.csv"}, 3, "missing.csv");
  check({"--table", "strange.csv"}, 3, "strange.csv:2");
  check({"--table", "table.csv", "--column", "luck"}, 3, "[--column] no such column in table.csv");
  check({"--table", "few.csv"}, 3, "[few.csv] too few different networks");
  check({"--table", "flat.csv"}, 3, "[flat.csv] all that was drawn is worth the same");
  check({"--table", "table.csv", "--space", "nasnet"}, 2, "expected --space nasbench201");
  check({"--table", "table.csv", "--long-epochs", "2"}, 2, "[--long-epochs]");
  check({"--long-epochs", "2", "--column", "worth"}, 2, "[--column]");
  check({"--long-epochs", "1"}, 2, "expected more than --epochs 1");
  check({"--long-epochs", "2", "--epochs", "3"}, 2, "expected more than --epochs 3");
  check({"--table", "table.csv", "--architectures", "2"}, 2, "--architectures");
}

}  // namespace
}  // namespace nas::tests
