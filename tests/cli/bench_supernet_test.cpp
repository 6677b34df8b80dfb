// nas bench supernet: the real program, on supernets of a few steps.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "tests/cli/supernets.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using common::Json;
using Texts = std::vector<std::string>;

// shapes.h5, and table.csv with the number of parameters as a column.
void prepare_supernet_bench(const std::filesystem::path& dir) {
  write_tiny_dataset(dir);
  std::string text = "arch,worth\n";
  for (int i = 0; i < 15; ++i) {
    const std::string architecture = nasbench201_text(1000 * i + 7);
    const auto graph = search_space::build_network(search_space::find_architecture(architecture),
                                                   {.cells = 1, .filters = 4});
    text += fmt::format("{},{}\n", architecture, search_space::cost_of(graph).parameters);
  }
  common::write_file_atomically(dir / "table.csv", text);
}

Texts bench(const std::string& more = "--trials 6") {
  return common::split(
      "bench supernet --proxy shapes.h5 --table table.csv --out b --architectures 8 --device cpu "
      "--cells 1 --filters 4 --input-size 16 --train-images 64 --valid-images 32 --epochs 2 "
      "--batch-size 32 --json" +
          (more.empty() ? "" : " " + more),
      ' ');
}

Texts said_beside_warnings(const ProgramResult& result) {
  Texts lines = common::split(common::trim(result.err), '\n');
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("warning: "); });
  return lines;
}

TEST_CASE("bench supernet: each method is ranked beside trainings of its cost", "[cli]") {
  const TempDir dir;
  prepare_supernet_bench(dir.path());
  const ProgramResult result = run_program(bench(), dir.path());
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const Json json = common::parse_json(result.out, "nas bench supernet");
  CHECK(json.at("architectures").get<int>() == 8);
  CHECK(json.at("column").get<std::string>() == "worth");
  Texts orders;
  for (const auto& row : json.at("rows")) {
    orders.push_back(row.at("order").get<std::string>());
    CAPTURE(orders.back());
    CHECK(std::abs(row.at("spearman").get<double>()) <= 1 + 1e-12);
    CHECK(std::abs(row.at("kendall").get<double>()) <= 1 + 1e-12);
    CHECK((row.at("seconds").get<double>() > 0) == (orders.back() != "parameters"));
  }
  CHECK(orders == Texts{"enas", "alone-enas", "spos", "alone-spos", "darts", "darts-mixture",
                        "alone-darts", "parameters"});
  CHECK(json.at("rows").back().at("spearman").get<double>() > 0.999);
  // Each training is a line, and nothing else is said.
  const Texts lines = said_beside_warnings(result);
  REQUIRE(lines.size() == 6);
  CHECK_THAT(lines.at(0), ContainsSubstring("1/6  the supernet of enas, in ./b/enas"));
  CHECK_THAT(lines.at(5), ContainsSubstring("6/6  8 architectures alone, ") &&
                              ContainsSubstring(" each, in ./b/alone-darts"));

  // Its trainings are runs, which the same command finds again.
  CHECK(status_of(dir.path(), "b/enas").at("supernet").at("done").size() == 2);
  CHECK(status_of(dir.path(), "b/alone-darts").at("trials").size() == 8);
  const ProgramResult again = run_program(bench(), dir.path());
  CAPTURE(again.err);
  CHECK(again.exit_code == 0);
  CHECK(again.out == result.out);
  CHECK(said_beside_warnings(again) == lines);
  const ProgramResult dry = run_program(bench("--dry-run"), dir.path());
  const Json left = common::parse_json(dry.out, "nas bench supernet").at("projected");
  CHECK(left.at("seconds") == 0.0);
  for (const auto& part : left.at("parts")) CHECK(part.at("done").get<bool>());

  const ProgramResult into_run = run_program(bench("--out b/enas"), dir.path());
  CHECK(into_run.exit_code == 2);
  CHECK_THAT(into_run.err, ContainsSubstring("this is the folder of a run"));

  // Of other architectures are not what is there; --start-with would be no option to name.
  const ProgramResult more = run_program(bench("--architectures 9"), dir.path());
  CHECK(more.exit_code == 2);
  CHECK_THAT(more.err, ContainsSubstring("[--out b]") && ContainsSubstring("--architectures") &&
                           !ContainsSubstring("start-with"));
}

TEST_CASE("bench supernet: what a former version kept goes on", "[cli]") {
  const TempDir dir;
  prepare_supernet_bench(dir.path());
  const ProgramResult begun = run_program(bench("--methods spos"), dir.path());
  INFO(begun.err);
  REQUIRE(begun.exit_code == 0);
  const auto file = dir.path() / "b" / "alone-spos.json";
  Json kept = common::read_json(file);
  kept.erase("rewarding_seconds");
  common::write_file_atomically(file, kept.dump() + "\n");
  const ProgramResult first = run_program(bench("--methods spos"), dir.path());
  REQUIRE(first.exit_code == 0);
  CHECK(run_program(bench("--methods spos"), dir.path()).out == first.out);
  kept["rewarding_seconds"] = common::read_json(file).at("rewarding_seconds");
  CHECK(common::read_json(file) == kept);
}

TEST_CASE("bench supernet: a dry run says what each part takes and leaves nothing", "[cli]") {
  const TempDir dir;
  prepare_supernet_bench(dir.path());
  const ProgramResult dry = run_program(bench("--trials 6 --dry-run"), dir.path());
  INFO(dry.err);
  REQUIRE(dry.exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "b"));
  const Json projected = common::parse_json(dry.out, "nas bench supernet").at("projected");
  Texts runs;
  double sum = 0;
  for (const auto& part : projected.at("parts")) {
    runs.push_back(part.at("run").get<std::string>());
    sum += part.at("seconds").get<double>();
    CHECK(part.at("seconds").get<double>() > 0);
    CHECK_FALSE(part.at("done").get<bool>());
  }
  CHECK(runs == Texts{"enas", "alone-enas", "spos", "alone-spos", "darts", "alone-darts"});
  CHECK_THAT(projected.at("seconds").get<double>(), WithinRel(sum, 1e-9));
  CHECK_THAT(dry.err, ContainsSubstring("alone-darts") && ContainsSubstring("projected ") &&
                          ContainsSubstring("dry run: nothing was started"));
}

TEST_CASE("bench supernet: it lists only options that its trainings can have", "[cli]") {
  const std::string help = run_program({"bench", "supernet", "--help"}, ".").out;
  for (const char* option :
       {"fidelity", "finalists", "pool", "prescreen", "aux", "cost", "max-parameters", "size-prior",
        "child-time-limit", "repeats", "evolution.population"}) {
    CAPTURE(option);
    CHECK_THAT(help, !ContainsSubstring("--" + std::string(option) + " "));
  }
  for (const char* option : {"ppo.units", "darts.second-order", "dry-run", "workers", "trials"})
    CHECK_THAT(help, ContainsSubstring("--" + std::string(option)));
}

TEST_CASE("bench supernet: what it cannot use is named", "[cli]") {
  const TempDir dir;
  prepare_supernet_bench(dir.path());
  const auto check = [&](const std::string& more, int code, const std::string& part) {
    const ProgramResult result = run_program(bench(more), dir.path());
    CAPTURE(more, result.err);
    CHECK(result.exit_code == code);
    CHECK_THAT(result.err, ContainsSubstring("error: [") && ContainsSubstring(part));
    CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
  };
  check("--table missing.csv", 3, "missing.csv");
  check("--methods magic", 2, "[--methods]");
  check("--methods spos,spos", 2, "a method is named twice; got spos,spos");
  check("--methods ,", 2, "no method");
  check("--methods spos --trials 6", 2, "[--trials] nothing reads it");
  check("--methods spos --controller reinforce", 2, "[--controller] nothing reads it");
  check("--reinforce.entropy 0.1", 2, "[--reinforce.entropy] nothing reads it");
  check("--fidelity asha", 2, "got 'fidelity'");
  Texts without = bench();
  without.erase(without.begin() + 2, without.begin() + 4);
  const ProgramResult result = run_program(without, dir.path());
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, ContainsSubstring("[nas bench supernet] no proxy dataset"));
  check("--architectures 2", 2, "--architectures");
}

}  // namespace
}  // namespace nas::tests
