// What cannot be exported is refused by name; a file that runs and is wrong would be worse.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "export/exporter.h"
#include "search_space/graph_builder.h"
#include "tests/support/reference_scores.h"
#include "tests/support/temp_dir.h"

namespace nas::exporting {
namespace {

using Catch::Matchers::ContainsSubstring;
using search_space::Primitive;

ExportModel small_model() {
  search_space::GraphBuilder graph({3, 8, 8});
  const int x = graph.relu(graph.conv2d("stem", graph.image(), {.channels = 4}));
  return tests::random_export_model(
      search_space::inference_graph(
          graph.finish(graph.linear("classifier", graph.global_avg_pool(x), 5), std::nullopt, 5)),
      1);
}

// Every exporter must say `part`, and leave nothing behind.
void check_refused(const ExportModel& model, const std::string& part) {
  for (const auto& [name, entry] : common::Registry<Exporter>::entries()) {
    CAPTURE(name);
    const tests::TempDir dir;
    CHECK_THROWS_WITH(entry.plugin.run(model, dir.path() / "out"), ContainsSubstring(part));
    for (const auto& file : std::filesystem::recursive_directory_iterator(dir.path()))
      CHECK_FALSE(file.is_regular_file());
  }
}

TEST_CASE("a primitive that an exporter does not know is refused", "[export]") {
  ExportModel model = small_model();
  auto& nodes = model.graph.nodes;
  const auto relu = std::find_if(nodes.begin(), nodes.end(),
                                 [](const auto& node) { return node.kind == Primitive::kRelu; });
  REQUIRE(relu != nodes.end());
  relu->kind = Primitive::kWeightedSum;  // of supernets, which are not exported
  check_refused(model, "no export of weighted_sum");
}

TEST_CASE("weights of another shape or type than the graph's are refused", "[export]") {
  ExportModel model = small_model();
  auto& bias = model.weights.at("classifier.bias");
  SECTION("shape") { bias.shape = {1, 5}; }
  SECTION("type") { bias.dtype = "I32"; }
  SECTION("bytes") { bias.bytes.pop_back(); }
  check_refused(model, "the weights of classifier.bias do not fit the graph");
}

TEST_CASE("a mean that has not one value for each channel is refused", "[export]") {
  ExportModel model = small_model();
  model.mean = {0.5};
  check_refused(model, "one value for each channel");
}

}  // namespace
}  // namespace nas::exporting
