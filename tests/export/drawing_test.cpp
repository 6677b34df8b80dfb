#include "export/drawing.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/process.h"
#include "search_space/graph_builder.h"
#include "tests/support/scoped_env.h"

namespace nas::exporting {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

search_space::Architecture small_architecture() {
  search_space::Cell cell;
  cell.inputs = 2;
  search_space::CellNode first;
  first.edges = {{0, "sep_conv_3x3"}, {1, "identity"}};
  search_space::CellNode second;
  second.edges = {{2, "max_pool_3x3"}, {0, "identity"}};
  second.combine = "concat";
  cell.nodes = {first, second};
  cell.concat = {1, 3};
  search_space::Architecture architecture;
  architecture.family = "nasnet";
  architecture.cells = {{"normal", cell}, {"reduction", cell}};
  architecture.name = "a \"small\" one";
  return architecture;
}

TEST_CASE("a drawing of cells has a cluster a cell, operations on edges and the concatenation",
          "[export]") {
  const std::string dot = architecture_dot(small_architecture());
  CHECK_THAT(dot, StartsWith("digraph"));
  CHECK_THAT(dot, ContainsSubstring("subgraph \"cluster_normal\""));
  CHECK_THAT(dot, ContainsSubstring("subgraph \"cluster_reduction\""));
  CHECK_THAT(dot, ContainsSubstring("\"normal.0\" -> \"normal.2\" [label=\" sep_conv_3x3 \"]"));
  CHECK_THAT(dot, ContainsSubstring("\"normal.2\" -> \"normal.3\" [label=\" max_pool_3x3 \"]"));
  CHECK_THAT(dot, ContainsSubstring("[label=\"3: concat\"]"));
  CHECK_THAT(dot, ContainsSubstring("\"normal.1\" -> \"normal.output\""));
  CHECK_THAT(dot, ContainsSubstring("a \\\"small\\\" one"));
}

TEST_CASE("a drawing of a network joins end points that feed each other", "[export]") {
  search_space::GraphBuilder graph({3, 8, 8});
  int x = graph.conv2d("stem", graph.image(), {.channels = 4, .kernel_h = 3, .kernel_w = 3});
  graph.end_point("stem", x);
  x = graph.batch_norm("bn", graph.relu(x));
  graph.end_point("cell0", x);
  const int logits = graph.linear("classifier", graph.global_avg_pool(x), 10);
  const std::string dot = network_dot(graph.finish(logits, std::nullopt, 10));
  CHECK_THAT(dot, ContainsSubstring("stem\\n4 x 8 x 8"));
  CHECK_THAT(dot, ContainsSubstring("\"image\" -> \"stem\""));
  CHECK_THAT(dot, ContainsSubstring("\"stem\" -> \"cell0\""));
  CHECK_THAT(dot, ContainsSubstring("\"cell0\" -> \"logits\""));
  CHECK_THAT(dot, !ContainsSubstring("\"image\" -> \"cell0\""));
}

TEST_CASE("graphviz turns drawings into SVG", "[export]") {
  if (!common::program_exists("dot")) SKIP("graphviz is not installed");
  CHECK_THAT(dot_to_svg(architecture_dot(small_architecture())), ContainsSubstring("</svg>"));
  CHECK_THROWS_AS(dot_to_svg("not a graph"), common::SystemError);
}

TEST_CASE("a missing graphviz is named", "[export]") {
  const tests::ScopedEnv no_path("PATH", "/nowhere");
  CHECK_THROWS_WITH(dot_to_svg("digraph {}"), ContainsSubstring("install graphviz"));
}

}  // namespace
}  // namespace nas::exporting
