// The network of NAS-Bench-201 (Dong and Yang 2020): three stages, residual blocks between them.
#include "search_space/mixture.h"
#include "search_space/network_family.h"
#include "search_space/op.h"

namespace nas::search_space {
namespace {

int append_edge(GraphBuilder& graph, const std::string& op, int state, int64_t filters,
                const NetworkOptions& options) {
  if (!options.mixture) return append_op(graph, op, state, {.filters = filters});
  return append_candidates(graph, op, state, {.filters = filters}, *options.mixture,
                           /*normalise_pools=*/false);
}

int append_cell(GraphBuilder& graph, const Cell& cell, int input, int64_t filters,
                const NetworkOptions& options) {
  std::vector<int> states = {input};
  for (size_t n = 0; n < cell.nodes.size(); ++n) {
    const auto node_scope = graph.scope("node" + std::to_string(n));
    std::vector<int> inputs;
    const CellNode& node = cell.nodes[n];
    for (size_t e = 0; e < node.edges.size(); ++e) {
      const Edge& edge = node.edges[e];
      if (is_nothing(edge.op)) continue;  // adds nothing to the sum
      const auto scope = graph.scope(edge_place(node, e));
      inputs.push_back(append_edge(graph, edge.op, states.at(static_cast<size_t>(edge.state)),
                                   filters, options));
    }
    states.push_back(inputs.empty() ? graph.zeros(input, graph.shape(input))
                                    : append_edge_sum(graph, inputs, node, options));
  }
  std::vector<int> outputs;
  for (const int index : cell.concat) outputs.push_back(states.at(static_cast<size_t>(index)));
  return graph.concat(outputs);
}

int append_residual_block(GraphBuilder& graph, int x, int64_t filters) {
  const ConvSpec conv{.channels = filters, .kernel_h = 3, .kernel_w = 3};
  ConvSpec strided = conv;
  strided.stride_h = strided.stride_w = 2;
  const int branch = graph.relu_conv_bn("conv2", graph.relu_conv_bn("conv1", x, strided), conv);
  // A 2x2 mean as published; odd sizes take 3x3 with padding, which rounds up as the branch does.
  const bool even = graph.shape(x).height % 2 == 0;
  const int pooled =
      graph.avg_pool(x, {.kernel = even ? 2 : 3, .stride = 2, .same_padding = !even});
  const int shortcut = graph.conv2d("shortcut", pooled, {.channels = filters});
  return graph.add({shortcut, branch});
}

NetworkGraph build(const Architecture& architecture, const NetworkOptions& options) {
  if (options.auxiliary) {
    throw common::ConfigError(
        {.where = "--aux", .what = "family nasbench201 has no auxiliary head"});
  }
  GraphBuilder graph({3, options.input_size, options.input_size});
  const Cell& cell = cell_of(architecture, "normal", 1);
  const std::string stem = stem_for(options);
  const int64_t stride = stem == "cifar" ? 1 : 2;
  int64_t filters = options.filters;
  int x = graph.conv2d(
      "stem.conv", graph.image(),
      {.channels = filters, .kernel_h = 3, .kernel_w = 3, .stride_h = stride, .stride_w = stride});
  x = graph.batch_norm("stem.bn", x);
  if (stem == "imagenet") x = graph.max_pool(graph.relu(x), {.kernel = 3, .stride = 2});
  graph.end_point("stem", x);
  for (int64_t i = 0; i < 3 * options.cells; ++i) {
    if (i > 0 && i % options.cells == 0) {
      const std::string name = "reduction" + std::to_string(i / options.cells - 1);
      const auto scope = graph.scope(name);
      filters *= 2;
      x = append_residual_block(graph, x, filters);
      graph.end_point(name, x);
    }
    const std::string name = "cell" + std::to_string(i);
    const auto scope = graph.scope(name);
    graph.set_affine(!options.mixture);
    x = append_cell(graph, cell, x, filters, options);
    graph.set_affine(true);
    graph.end_point(name, x);
  }
  x = graph.batch_norm("head.bn", x);
  return graph.finish(append_classifier(graph, x, options, true), std::nullopt, options.classes);
}

// All states have one width and one size, and there is no drop-path.
CellRules rules(const std::string& /*cell*/) {
  return {.passes = [](const Cell&, const Edge& edge) { return is_identity(edge.op); },
          .is_linear = [](const Edge& edge) { return edge.op == "avg_pool_3x3"; }};
}

const common::Register<NetworkFamily> kRegister{
    {.name = "nasbench201",
     .summary = "One cell of six edges, residual blocks between the stages",
     .build = build,
     .cells = {.inputs = 1,
               .node = "node",
               .reduction = false,
               .wide_output = false,
               .mixes = true,
               .rules = rules},
     .ignores = {"stem-multiplier", "skip-reduction-input", "drop-path"}}};

}  // namespace
}  // namespace nas::search_space
