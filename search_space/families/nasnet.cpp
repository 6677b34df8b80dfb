// The network of NASNet and AmoebaNet as tf-slim builds it (Zoph et al. 2018; Real et al. 2019).
#include "search_space/network_family.h"
#include "search_space/op.h"

namespace nas::search_space {
namespace {

constexpr int kNone = -1;

struct CellSite {
  int64_t filters = 0;
  int64_t stride = 1;
  double depth_ratio = 1.0;
};

// The output of the cell before last, brought to the size and width of this cell.
int adapt_previous(GraphBuilder& graph, int previous, int current, int64_t filters) {
  if (previous == kNone) return current;
  if (graph.shape(previous).height != graph.shape(current).height) {
    return graph.factorized_reduction("previous", previous, filters, true);
  }
  if (graph.shape(previous).channels == filters) return previous;
  return graph.relu_conv_bn("previous", previous, {.channels = filters});
}

int append_edge(GraphBuilder& graph, const Edge& edge, int state, const CellSite& site) {
  // Only the cell's two inputs still have the size from before the reduction.
  const int64_t stride = edge.state < 2 ? site.stride : 1;
  const int x = append_op(graph, edge.op, state, {.filters = site.filters, .stride = stride});
  const bool droppable = common::Registry<Op>::find(edge.op).droppable && x != state;
  return droppable ? graph.drop_path(x, site.depth_ratio) : x;
}

std::string side_name(size_t side) {
  if (side > 1) return "side" + std::to_string(side);
  return side == 0 ? "left" : "right";
}

int append_cell(GraphBuilder& graph, const Cell& cell, int current, int previous,
                const CellSite& site) {
  std::vector<int> states(2);
  states[1] = adapt_previous(graph, previous, current, site.filters);
  states[0] = graph.relu_conv_bn("current", current, {.channels = site.filters});
  for (size_t b = 0; b < cell.nodes.size(); ++b) {
    const CellNode& node = cell.nodes[b];
    const auto block = graph.scope("block" + std::to_string(b));
    std::vector<int> sides;
    for (size_t side = 0; side < node.edges.size(); ++side) {
      const auto scope = graph.scope(side_name(side));
      const Edge& edge = node.edges[side];
      sides.push_back(append_edge(graph, edge, states.at(static_cast<size_t>(edge.state)), site));
    }
    states.push_back(node.combine == "concat" ? graph.concat(sides) : graph.add(sides));
  }
  const int64_t height = graph.shape(states.back()).height;
  std::vector<int> outputs;
  for (const int index : cell.concat) {
    int state = states.at(static_cast<size_t>(index));
    const bool input = index < 2;
    if (input && graph.shape(state).height != height) {
      state =
          graph.factorized_reduction("output" + std::to_string(index), state, site.filters, false);
    } else if (input && graph.shape(state).channels != site.filters) {
      state = graph.conv2d("output" + std::to_string(index), state, {.channels = site.filters});
      state = graph.batch_norm("output" + std::to_string(index) + "_bn", state);
    }
    outputs.push_back(state);
  }
  return graph.concat(outputs);
}

// Cells in order; remembers the last two outputs.
class Stack {
 public:
  Stack(GraphBuilder& graph, const Architecture& architecture, const NetworkOptions& options,
        bool stem_cells)
      : graph_(graph),
        normal_(cell_of(architecture, "normal", 2)),
        reduction_(cell_of(architecture, "reduction", 2)),
        total_(static_cast<double>(3 * options.cells + 2 + (stem_cells ? 2 : 0))) {}

  void start(int stem) { current_ = stem; }
  int current() const { return current_; }
  int previous() const { return previous_; }

  void append(const std::string& name, bool reduction, int64_t filters, int previous) {
    const auto scope = graph_.scope(name);
    const CellSite site{
        .filters = filters, .stride = reduction ? 2 : 1, .depth_ratio = ++count_ / total_};
    const int output =
        append_cell(graph_, reduction ? reduction_ : normal_, current_, previous, site);
    previous_ = current_;
    current_ = output;
    graph_.end_point(name, output);
  }

 private:
  GraphBuilder& graph_;
  const Cell& normal_;
  const Cell& reduction_;
  double total_;
  double count_ = 0;
  int current_ = kNone;
  int previous_ = kNone;
};

void append_stem(GraphBuilder& graph, Stack& stack, const NetworkOptions& options,
                 const std::string& stem) {
  const bool imagenet = stem == "imagenet";
  const double base = imagenet ? 32.0 : static_cast<double>(options.filters);
  const int64_t stride = stem == "cifar" ? 1 : 2;
  int x = graph.conv2d("stem.conv", graph.image(),
                       {.channels = static_cast<int64_t>(base * options.stem_multiplier),
                        .kernel_h = 3,
                        .kernel_w = 3,
                        .stride_h = stride,
                        .stride_w = stride,
                        .same_padding = !imagenet});
  x = graph.batch_norm("stem.bn", x);
  graph.end_point("stem", x);
  stack.start(x);
  if (!imagenet) return;
  stack.append("stem0", true, options.filters / 4, kNone);
  stack.append("stem1", true, options.filters / 2, stack.previous());
}

NetworkGraph build(const Architecture& architecture, const NetworkOptions& options) {
  GraphBuilder graph({3, options.input_size, options.input_size});
  const std::string stem = stem_for(options);
  Stack stack(graph, architecture, options, stem == "imagenet");
  append_stem(graph, stack, options, stem);
  int64_t filters = options.filters;
  int auxiliary_input = kNone;
  for (int64_t i = 0; i < 3 * options.cells; ++i) {
    int previous = stack.previous();
    if (i == options.cells || i == 2 * options.cells) {
      if (i == 2 * options.cells) auxiliary_input = stack.current();
      filters *= 2;
      stack.append("reduction" + std::to_string(i / options.cells - 1), true, filters, previous);
      if (!options.skip_reduction_input) previous = stack.previous();
    }
    stack.append("cell" + std::to_string(i), false, filters, previous);
  }
  std::optional<int> auxiliary;
  if (options.auxiliary)
    auxiliary = append_auxiliary_head(graph, auxiliary_input, options.classes, 3);
  const int logits = append_classifier(graph, stack.current(), options, true);
  return graph.finish(logits, auxiliary, options.classes);
}

// A block's sum has the cell's width and size, so that an identity passes it on.
CellRules rules(const std::string& /*cell*/) {
  return {.passes = [](const Cell& cell, const Edge& edge) {
    return is_identity(edge.op) && edge.state >= cell.inputs &&
           cell.nodes[static_cast<size_t>(edge.state - cell.inputs)].combine == "add";
  }};
}

const common::Register<NetworkFamily> kRegister{
    {.name = "nasnet",
     .summary = "Cells of pairwise combinations, as tf-slim's NASNet and AmoebaNet",
     .build = build,
     .cells = {.inputs = 2,
               .node = "block",
               .concat_nodes = true,
               .inputs_put_out = true,
               .rules = rules}}};

}  // namespace
}  // namespace nas::search_space
