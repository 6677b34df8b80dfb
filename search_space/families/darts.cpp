// The networks of the DARTS code (Liu et al. 2019): PC-DARTS and P-DARTS use the same.
#include "search_space/mixture.h"
#include "search_space/network_family.h"
#include "search_space/op.h"

namespace nas::search_space {
namespace {

// The edge number `e` of a node.
int append_edge(GraphBuilder& graph, const CellNode& node, size_t e, const std::vector<int>& states,
                const OpSite& cell_site, const NetworkOptions& options) {
  const Edge& edge = node.edges[e];
  const auto scope = graph.scope(edge_place(node, e));
  const int state = states.at(static_cast<size_t>(edge.state));
  OpSite site = cell_site;
  if (edge.state >= 2) site.stride = 1;  // only the cell's inputs have the size from before
  if (options.mixture && !is_nothing(edge.op)) {
    return append_candidates(graph, edge.op, state, site, *options.mixture,
                             /*normalise_pools=*/true);
  }
  const int x = append_op(graph, edge.op, state, site);
  const bool droppable = common::Registry<Op>::find(edge.op).droppable && x != state;
  return droppable ? graph.drop_path(x, 1.0) : x;
}

int append_cell(GraphBuilder& graph, const Cell& cell, int before, int last, int64_t filters,
                bool reduction, bool after_reduction, const NetworkOptions& options) {
  std::vector<int> states(2);
  states[0] = after_reduction ? graph.factorized_reduction("preprocess0", before, filters, true)
                              : graph.relu_conv_bn("preprocess0", before, {.channels = filters});
  states[1] = graph.relu_conv_bn("preprocess1", last, {.channels = filters});
  const OpSite site{.filters = filters, .stride = reduction ? 2 : 1};
  for (size_t n = 0; n < cell.nodes.size(); ++n) {
    const auto node_scope = graph.scope("node" + std::to_string(n));
    const CellNode& node = cell.nodes[n];
    std::vector<int> inputs;
    for (size_t e = 0; e < node.edges.size(); ++e) {
      if (is_nothing(node.edges[e].op)) continue;  // adds nothing
      inputs.push_back(append_edge(graph, node, e, states, site, options));
    }
    if (inputs.empty()) inputs.push_back(append_edge(graph, node, 0, states, site, options));
    states.push_back(append_edge_sum(graph, inputs, node, options));
  }
  std::vector<int> outputs;
  for (const int index : cell.concat) outputs.push_back(states.at(static_cast<size_t>(index)));
  return graph.concat(outputs);
}

// Returns the two inputs of the first cell.
std::pair<int, int> append_stem(GraphBuilder& graph, const NetworkOptions& options,
                                const std::string& stem) {
  const auto scope = graph.scope("stem");
  if (stem != "imagenet") {
    const int64_t stride = stem == "cifar" ? 1 : 2;
    const auto channels =
        static_cast<int64_t>(options.stem_multiplier * static_cast<double>(options.filters));
    const int x = graph.batch_norm("bn", graph.conv2d("conv", graph.image(),
                                                      {.channels = channels,
                                                       .kernel_h = 3,
                                                       .kernel_w = 3,
                                                       .stride_h = stride,
                                                       .stride_w = stride}));
    return {x, x};
  }
  const ConvSpec half{
      .channels = options.filters / 2, .kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2};
  ConvSpec full = half;
  full.channels = options.filters;
  int x = graph.batch_norm("bn0", graph.conv2d("conv0", graph.image(), half));
  const int stem0 = graph.relu_conv_bn("conv1", x, full);
  const int stem1 = graph.relu_conv_bn("conv2", stem0, full);
  return {stem0, stem1};
}

NetworkGraph build(const Architecture& architecture, const NetworkOptions& options) {
  GraphBuilder graph({3, options.input_size, options.input_size});
  const std::string stem = stem_for(options);
  auto [before, last] = append_stem(graph, options, stem);
  graph.end_point("stem", last);
  const Cell& normal = cell_of(architecture, "normal", 2);
  const Cell& reduction_cell = cell_of(architecture, "reduction", 2);
  bool after_reduction = stem == "imagenet";  // the two stems differ in size
  graph.set_affine(!options.mixture);
  int64_t filters = options.filters;
  int auxiliary_input = last;
  int64_t normals = 0;
  for (int64_t i = 0; i < 3 * options.cells + 2; ++i) {
    const bool second = i == 2 * options.cells + 1;
    const bool reduction = i == options.cells || second;
    const std::string name = reduction ? "reduction" + std::to_string(second ? 1 : 0)
                                       : "cell" + std::to_string(normals++);
    if (reduction) filters *= 2;
    const auto scope = graph.scope(name);
    const int output = append_cell(graph, reduction ? reduction_cell : normal, before, last,
                                   filters, reduction, after_reduction, options);
    graph.end_point(name, output);
    before = last;
    last = output;
    after_reduction = reduction;
    if (second) auxiliary_input = output;
  }
  std::optional<int> auxiliary;
  if (options.auxiliary) {
    auxiliary =
        append_auxiliary_head(graph, auxiliary_input, options.classes, stem == "imagenet" ? 2 : 3);
  }
  const int logits = append_classifier(graph, last, options, false);
  return graph.finish(logits, auxiliary, options.classes);
}

// All states have one width, and but for a reduction cell's inputs one size.
CellRules rules(const std::string& cell_name) {
  if (cell_name == "reduction") {
    return {.passes = [](const Cell& cell, const Edge& edge) {
      return is_identity(edge.op) && edge.state >= cell.inputs;
    }};
  }
  return {.passes = [](const Cell&, const Edge& edge) { return is_identity(edge.op); }};
}

const common::Register<NetworkFamily> kRegister{
    {.name = "darts",
     .summary = "Cells of four nodes with two inputs each, as the DARTS code",
     .build = build,
     .cells = {.inputs = 2, .node = "node", .mixes = true, .rules = rules},
     .ignores = {"skip-reduction-input"}}};

}  // namespace
}  // namespace nas::search_space
