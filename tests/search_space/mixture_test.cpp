// The supernet of a differentiable search, as a graph, and what is derived from its weights.
#include "search_space/mixture.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "common/error.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "search_space/space.h"
#include "search_space/space_file.h"

namespace nas::search_space {
namespace {

Mixture mixture_of(const std::string& space) { return find_space(space)->mixture().value(); }
Mixture darts() { return mixture_of("darts"); }
Mixture nasbench201() { return mixture_of("nasbench201"); }

NetworkOptions supernet(int64_t cells, int64_t filters, int64_t partial_channels = 1) {
  return {.input_size = 32,
          .cells = cells,
          .filters = filters,
          .mixture = MixtureOptions{.partial_channels = partial_channels}};
}

TEST_CASE("mixture: the supernet of DARTS has the parameters of the published one",
          "[search_space]") {
  CHECK(cost_of(build_network(darts().dense, supernet(1, 16))).parameters == 1275834);
  // Eight cells: the search of the paper, "param size = 1.930618MB".
  CHECK(cost_of(build_network(darts().dense, supernet(2, 16))).parameters == 1930618);
}

TEST_CASE("mixture: every edge of a cell is there once", "[search_space]") {
  const auto edges = darts().edges();
  CHECK(edges.size() == 28);
  CHECK(edges[0] == MixtureEdge{"normal", 0, 0});
  CHECK(edges[13] == MixtureEdge{"normal", 3, 4});
  CHECK(edges[14] == MixtureEdge{"reduction", 0, 0});
  CHECK(place_of(edges[13]) == "normal.node3.from4");
  CHECK(nasbench201().edges().size() == 6);

  // A weighted sum for each edge of each cell, none of which has a place of its own.
  std::map<std::string, int> sums;
  for (const Node& node : build_network(darts().dense, supernet(1, 4)).nodes)
    if (node.kind == Primitive::kWeightedSum) ++sums[mixture_place(node.name)];
  CHECK(sums.size() == 28);
  for (const MixtureEdge& edge : edges)
    CHECK(sums[place_of(edge)] == (edge.cell == "normal" ? 3 : 2));
}

TEST_CASE("mixture: spaces have one where their family can build it", "[search_space]") {
  const auto of_file = [](const std::string& skeleton, const std::string& more) {
    return read_space("skeleton = \"" + skeleton + "\"\noperations = [\"conv_3x3\", " +
                          "\"identity\"]\nnodes = 3\n" + more,
                      "test.toml")
        ->mixture();
  };
  for (const std::string name : {"nasnet", "nasrl", "nasrl-strides"}) {
    CAPTURE(name);
    CHECK_FALSE(find_space(name)->mixture());
  }
  const auto mixture = of_file("darts", "inputs = 2\n");
  REQUIRE(mixture);
  CHECK(mixture->operations == std::vector<std::string>{"conv_3x3", "identity"});
  CHECK(mixture->edges_a_node == 2);
  CHECK(mixture->dense.cells.at("normal").concat == std::vector<int>{2, 3, 4});
  CHECK_NOTHROW(build_network(mixture->dense, supernet(1, 4)));
  CHECK_FALSE(of_file("nasnet", "inputs = 2\n"));
  CHECK_FALSE(of_file("darts", "inputs = 2\nrepeat-inputs = true\n"));
}

TEST_CASE("mixture: what is derived is an architecture of the space", "[search_space]") {
  for (const std::string name : {"darts", "nasbench201"}) {
    CAPTURE(name);
    const auto space = find_space(name);
    const Mixture mixture = space->mixture().value();
    common::RandomStream random({.seed = 1, .purpose = "weights"});
    for (int i = 0; i < 20; ++i) {
      std::vector<double> weights(mixture.edges().size() * mixture.operations.size());
      for (double& weight : weights) weight = random.uniform(0.0, 1.0);
      const Architecture derived = mixture.derive(weights);
      CHECK(space->architecture(space->choices(derived)) == derived);
    }
  }
}

TEST_CASE("mixture: cells are derived by their largest weights", "[search_space]") {
  const Mixture mixture = darts();
  const size_t operations = mixture.operations.size();
  std::vector<double> weights(28 * operations, 0.1);
  const auto weigh = [&](size_t edge, size_t op, double weight) {
    weights[edge * operations + op] = weight;
  };
  for (size_t e = 0; e < 28; ++e) weigh(e, 0, 0.9);  // none counts for nothing
  weigh(2, 4, 0.3);                                  // normal node 1: states 0, 1, 2
  weigh(4, 5, 0.4);
  weigh(3, 3, 0.2);
  const Architecture derived = mixture.derive(weights);
  const auto& nodes = derived.cells.at("normal").nodes;
  CHECK(nodes[0].edges == std::vector<Edge>{{0, "max_pool_3x3"}, {1, "max_pool_3x3"}});
  CHECK(nodes[1].edges == std::vector<Edge>{{0, "sep_conv_3x3"}, {2, "sep_conv_5x5"}});
  CHECK(nodes[3].edges.size() == 2);
  CHECK(derived.cells.at("reduction").concat == std::vector<int>{2, 3, 4, 5});
  CHECK(derived.family == "darts");
  CHECK_NOTHROW(build_network(derived, {.cells = 1, .filters = 4}));

  // Where all edges are kept, each has its best operation.
  const Mixture bench = nasbench201();
  std::vector<double> bench_weights(6 * bench.operations.size(), 0.1);
  bench_weights[3 * bench.operations.size() + 2] = 0.5;  // node 3 from state 0: the 1x1
  CHECK(to_nasbench201_text(bench.derive(bench_weights)) ==
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|+"
        "|nor_conv_1x1~0|skip_connect~1|skip_connect~2|");
}

TEST_CASE("mixture: an architecture weighs what its operations do", "[search_space]") {
  const Mixture bench = nasbench201();
  std::vector<double> weights(6 * 5, 0.1);
  weights[1] = 0.5;  // skip_connect on the first edge
  weights[5] = 0.4;  // none on the second
  const auto weight = [&](const std::string& text) {
    return bench.log_weight(from_nasbench201_text(text), weights);
  };
  const double expected = std::log(0.5) + std::log(0.4) + 4 * std::log(0.1);
  CHECK_THAT(weight("|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|"),
             Catch::Matchers::WithinAbs(expected, 1e-12));
  CHECK(weight("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|") < expected);
  // Edges that a derived cell of DARTS leaves out are its `none`.
  const Mixture mixture = darts();
  std::vector<double> even(28 * 8, 0.125);
  CHECK_THAT(mixture.log_weight(find_architecture("darts-v2"), even),
             Catch::Matchers::WithinAbs(28 * std::log(0.125), 1e-9));
}

TEST_CASE("mixture: with partial channels operations see a part, and edges are weighed",
          "[search_space]") {
  const NetworkGraph graph = build_network(darts().dense, supernet(1, 16, 4));
  int edges = 0;
  for (const Node& node : graph.nodes) {
    if (node.kind != Primitive::kWeightedSum) continue;
    if (node.name.ends_with(".edges")) {
      ++edges;
      CHECK(node.shape.channels == (node.name.starts_with("cell0")        ? 16
                                    : node.name.starts_with("reduction0") ? 32
                                    : node.name.starts_with("cell1")      ? 32
                                                                          : 64));
    }
    if (node.name == "cell0.node0.from0.mixture") CHECK(node.shape.channels == 4);
    if (node.name == "reduction0.node0.from0.mixture") CHECK(node.shape.height == 16);
  }
  CHECK(edges == 5 * 4);
  // A derived cell has no weights left; its parameters are some of the supernet's.
  const NetworkGraph derived = build_network(find_architecture("darts-v2"), supernet(1, 16, 4));
  for (const Node& node : derived.nodes) CHECK(node.kind != Primitive::kWeightedSum);
  CHECK_THROWS_AS(build_network(darts().dense, supernet(1, 6, 4)), common::ConfigError);
  // Odd sizes are rounded up on both ways past an edge.
  NetworkOptions odd = supernet(1, 8, 2);
  odd.input_size = 27;
  CHECK_NOTHROW(build_network(darts().dense, odd));
}

TEST_CASE("mixture: batch norms of cells have no weights of their own", "[search_space]") {
  const auto affine = [](const NetworkGraph& graph) {
    std::vector<std::string> names;
    for (const Node& node : graph.nodes)
      if (node.kind == Primitive::kBatchNorm && !node.parameters.empty())
        names.push_back(node.name);
    return names;
  };
  CHECK(affine(build_network(darts().dense, supernet(1, 4))) ==
        std::vector<std::string>{"stem.bn"});
  const auto bench = affine(build_network(nasbench201().dense, supernet(1, 4)));
  CHECK(bench.front() == "stem.bn");
  CHECK(bench.back() == "head.bn");
  CHECK(bench.size() == 2 + 2 * 2);  // and two residual blocks
}

}  // namespace
}  // namespace nas::search_space
