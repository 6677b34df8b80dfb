// nas bench supernet: the real program, on supernets of a few steps.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "tests/cli/supernets.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
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

Texts bench(const std::string& more = "") {
  return common::split(
      "bench supernet --proxy shapes.h5 --table table.csv --out b --architectures 8 --device cpu "
      "--cells 1 --filters 4 --input-size 16 --train-images 64 --valid-images 32 --epochs 2 "
      "--batch-size 32 --trials 6 --json" +
          (more.empty() ? "" : " " + more),
      ' ');
}

TEST_CASE("bench supernet: each method is ranked beside trainings of its cost", "[cli]") {
  const TempDir dir;
  prepare_supernet_bench(dir.path());
  const ProgramResult result = run_program(bench(), dir.path());
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  const Json json = common::parse_json(result.out, "nas bench supernet");
  CHECK(json.at("architectures").get<int>() == 8);
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
  // Its trainings are runs, which the same command finds again.
  CHECK(status_of(dir.path(), "b/enas").at("supernet").at("done").size() == 2);
  CHECK(status_of(dir.path(), "b/alone-darts").at("trials").size() == 8);
  const ProgramResult again = run_program(bench(), dir.path());
  CAPTURE(again.err);
  REQUIRE(again.exit_code == 0);
  const Json second = common::parse_json(again.out, "nas bench supernet");
  for (size_t i = 0; i < json.at("rows").size(); ++i)
    CHECK(second.at("rows").at(i).at("spearman") == json.at("rows").at(i).at("spearman"));
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
  check("--methods magic", 2, "magic");
  check("--architectures 2", 2, "--architectures");
}

}  // namespace
}  // namespace nas::tests
