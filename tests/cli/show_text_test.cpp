// nas show as people read it: text and drawings, and files whose cells do not fit.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/json.h"
#include "common/text.h"
#include "search_space/architecture.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using common::Json;

constexpr const char* kBench201 =
    "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|none~1|none~2|";

std::string shown(const TempDir& dir, const std::vector<std::string>& words) {
  std::vector<std::string> all = {"show"};
  all.insert(all.end(), words.begin(), words.end());
  const ProgramResult result = run_program(all, dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

TEST_CASE("show: NASNet-A's cells and the published size of its CIFAR network", "[cli]") {
  const TempDir dir;
  const std::string text = shown(dir, {"nasnet-a", "--cells", "6", "--filters", "32"});
  CHECK_THAT(text, StartsWith("normal cell\n  state 2 = sep_conv_5x5(0) + sep_conv_3x3(1)\n"));
  CHECK_THAT(text, ContainsSubstring("\nreduction cell\n") &&
                       ContainsSubstring("\n  output = concat of 3 4 5 6\n"));
  CHECK_THAT(text, ContainsSubstring("\nparameters            3,346,538\n"));
  CHECK_THAT(text, ContainsSubstring("\ncell17       8x8x768\n"));
  CHECK_THAT(shown(dir, {"nasnet-a", "--aux=false"}),
             ContainsSubstring("\nauxiliary parameters  0\n"));
}

TEST_CASE("show: the plan says what is fused, and what --recompute computes anew", "[cli]") {
  const TempDir dir;
  const std::vector<std::string> words = {"nasnet-a", "--cells", "2", "--filters", "8", "--plan"};
  const std::string plan = shown(dir, words);
  CHECK_THAT(plan, StartsWith("b1 = convolution(b0), statistics  # stem.conv\n"));
  CHECK_THAT(plan, !ContainsSubstring("recomputed"));
  auto recomputing = words;
  recomputing.push_back("--recompute");
  const std::string segments = shown(dir, recomputing);
  CHECK_THAT(segments, StartsWith("# segment 1 of ") && ContainsSubstring("\n# segment 3 of ") &&
                           ContainsSubstring(", statistics, recomputed  # cell1.block0."));
  // The last segment's values are there when they are needed.
  const std::string last = segments.substr(segments.rfind("# segment "));
  CHECK_THAT(last, ContainsSubstring("# classifier\n") && !ContainsSubstring("recomputed"));
}

TEST_CASE("show: text and JSON say the same", "[cli]") {
  const TempDir dir;
  const std::vector<std::string> words = {kBench201, "--cells",   "1", "--filters",
                                          "8",       "--classes", "7"};
  const std::string text = shown(dir, words);
  auto as_json = words;
  as_json.insert(as_json.end(), {"--format", "json"});
  const Json json = common::parse_json(shown(dir, as_json), "show");
  CHECK_THAT(text, ContainsSubstring("state 2 = none(0) + avg_pool_3x3(1)\n") &&
                       ContainsSubstring("output = concat of 3\n"));
  CHECK_THAT(text,
             ContainsSubstring("\nparameters            " +
                               common::with_commas(json.at("parameters").get<int64_t>()) + "\n"));
  CHECK_THAT(text, ContainsSubstring("\nauxiliary parameters  0\n"));  // the family has none
  CHECK(json.at("auxiliary_parameters").get<int64_t>() == 0);
  const Json shape = json.at("output_shapes").at("cell2");
  CHECK(shape == Json{8, 8, 32});
  CHECK_THAT(text, ContainsSubstring("\ncell2        8x8x32\n"));

  common::write_file_atomically(dir.path() / "cell.json", json.at("architecture").dump());
  auto from_file = words;
  from_file[0] = "cell.json";
  CHECK(shown(dir, from_file) == text);
}

TEST_CASE("show: drawings for Graphviz, and drawn by it", "[cli]") {
  const TempDir dir;
  const std::string dot = shown(dir, {"darts-v2", "--format", "dot"});
  CHECK_THAT(dot, StartsWith("digraph") && ContainsSubstring("label=\"darts-v2\"") &&
                      ContainsSubstring("cluster_reduction"));
  const std::vector<std::string> svg = {"show", "darts-v2", "--format", "svg"};
  if (common::program_exists("dot"))
    CHECK_THAT(run_program(svg, dir.path()).out, ContainsSubstring("</svg>"));

  const ProgramResult without = run_command(
      {"env", "PATH=/nowhere", NAS_PROGRAM, "show", "darts-v2", "--format", "svg"}, dir.path());
  CHECK(without.exit_code == 1);
  CHECK(without.out.empty());
  CHECK_THAT(without.err, ContainsSubstring("install graphviz"));
}

TEST_CASE("show: a cell that is not of its family's form is a data error", "[cli]") {
  const TempDir dir;
  const auto refusal = [&](const std::string& name, const auto& change) {
    Json json = search_space::to_json(search_space::find_architecture(name));
    change(json.at("cells").at("normal"));
    common::write_file_atomically(dir.path() / "cell.json", json.dump());
    const ProgramResult result = run_program({"show", "cell.json"}, dir.path());
    CHECK(result.exit_code == 3);
    CHECK(result.out.empty());
    return result.err;
  };
  CHECK_THAT(refusal(kBench201, [](Json& cell) { cell["inputs"] = 2; }),
             ContainsSubstring("family nasbench201; got 2 inputs; expected 1 inputs"));
  CHECK_THAT(refusal("nasnet-a", [](Json& cell) { cell["nodes"][0]["edges"].clear(); }),
             ContainsSubstring("a node without edges"));
  CHECK_THAT(refusal("nasnet-a", [](Json& cell) { cell["concat"] = Json::array({9}); }),
             ContainsSubstring("cell.json: cell normal"));
}

}  // namespace
}  // namespace nas::tests
