#include <catch2/catch_test_macros.hpp>
#include <set>

#include "common/error.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"

namespace nas::search_space {
namespace {

// Every node but the image is used by a later one, or is the answer.
void check_no_dead_nodes(const NetworkGraph& graph) {
  std::vector<bool> used(graph.nodes.size(), false);
  used[0] = true;
  used[static_cast<size_t>(graph.logits)] = true;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const int input : graph.nodes[i].inputs) {
      CHECK(input < static_cast<int>(i));
      used[static_cast<size_t>(input)] = true;
    }
  }
  for (size_t i = 0; i < used.size(); ++i) {
    CAPTURE(graph.nodes[i].name);
    CHECK(used[i]);
  }
}

void check_names_unique(const NetworkGraph& graph) {
  std::set<std::string> nodes;
  std::set<std::string> tensors;
  for (const Node& node : graph.nodes) {
    CAPTURE(node.name);
    CHECK(nodes.insert(node.name).second);
    for (const auto& parameter : node.parameters) CHECK(tensors.insert(parameter.name).second);
    for (const auto& buffer : node.buffers) CHECK(tensors.insert(buffer.name).second);
  }
}

TEST_CASE("inference graph: the auxiliary head is gone and all else is there", "[search_space]") {
  for (const std::string name : {"nasnet-a", "amoebanet-a", "darts-v2"}) {
    CAPTURE(name);
    const NetworkOptions options{.classes = 7, .cells = 2, .filters = 8, .auxiliary = true};
    const NetworkGraph graph = build_network(find_architecture(name), options);
    REQUIRE(graph.auxiliary_logits.has_value());
    const NetworkGraph kept = inference_graph(graph);
    CHECK_FALSE(kept.auxiliary_logits.has_value());
    CHECK(kept.classes == 7);
    CHECK(kept.nodes.size() < graph.nodes.size());
    for (const Node& node : kept.nodes) CHECK_FALSE(node.auxiliary);
    CHECK(kept.nodes[0].kind == Primitive::kInput);
    CHECK(kept.nodes[static_cast<size_t>(kept.logits)].name ==
          graph.nodes[static_cast<size_t>(graph.logits)].name);
    check_no_dead_nodes(kept);
    check_names_unique(graph);
    check_names_unique(kept);
    CHECK(cost_of(kept).auxiliary_parameters == 0);
    CHECK(cost_of(kept).parameters <= cost_of(graph).parameters);
  }
}

TEST_CASE("inference graph: all of NASNet-A's weights are needed", "[search_space]") {
  const NetworkGraph graph =
      build_network(find_architecture("nasnet-a"), {.cells = 2, .filters = 8, .auxiliary = true});
  CHECK(cost_of(inference_graph(graph)).parameters == cost_of(graph).parameters);
  CHECK(cost_of(inference_graph(graph)).multiply_adds == cost_of(graph).multiply_adds);
}

TEST_CASE("inference graph: end points stay where they are", "[search_space]") {
  const NetworkGraph graph =
      build_network(find_architecture("darts-v2"), {.cells = 1, .filters = 8, .auxiliary = true});
  const NetworkGraph kept = inference_graph(graph);
  REQUIRE(kept.end_points.size() == graph.end_points.size());
  for (size_t i = 0; i < graph.end_points.size(); ++i) {
    CHECK(kept.end_points[i].first == graph.end_points[i].first);
    CHECK(kept.nodes[static_cast<size_t>(kept.end_points[i].second)].name ==
          graph.nodes[static_cast<size_t>(graph.end_points[i].second)].name);
  }
}

TEST_CASE("inference graph: nodes that lead nowhere are gone", "[search_space]") {
  GraphBuilder builder({3, 8, 8});
  const int x = builder.relu_conv_bn("conv", builder.image(), {.channels = 4});
  const int logits = builder.linear("classifier", x, 5);
  const NetworkGraph good = builder.finish(logits, std::nullopt, 5);
  NetworkGraph graph = good;
  Node idle = graph.nodes.at(2);
  idle.name = "idle";
  graph.nodes.push_back(idle);
  for (const NetworkGraph& kept : {inference_graph(graph), live_graph(graph)}) {
    check_no_dead_nodes(kept);
    CHECK(kept.nodes.size() == good.nodes.size());
    CHECK(kept.logits == good.logits);
  }
}

TEST_CASE("inference graph: the edges of a cell that lead nowhere cost nothing", "[search_space]") {
  // Nobody reads the first node of the cell.
  const NetworkOptions options{.cells = 1, .filters = 8};
  const auto idle =
      find_architecture("|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|");
  const auto plain = find_architecture("|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|");
  CHECK(cost_of(inference_graph(build_network(idle, options))).parameters ==
        cost_of(build_network(plain, options)).parameters);
}

TEST_CASE("inference graph: of an inference graph is the same", "[search_space]") {
  const NetworkGraph once =
      inference_graph(build_network(find_architecture("nasnet-a"), {.cells = 1, .filters = 8}));
  const NetworkGraph twice = inference_graph(once);
  REQUIRE(twice.nodes.size() == once.nodes.size());
  for (size_t i = 0; i < once.nodes.size(); ++i) {
    CHECK(twice.nodes[i].name == once.nodes[i].name);
    CHECK(twice.nodes[i].inputs == once.nodes[i].inputs);
  }
  CHECK(twice.logits == once.logits);
}

TEST_CASE("inference graph: a graph without an answer is a fault", "[search_space]") {
  GraphBuilder graph({3, 8, 8});
  CHECK_THROWS_AS(inference_graph(graph.finish(-1, std::nullopt, 1)), common::InternalError);
}

}  // namespace
}  // namespace nas::search_space
