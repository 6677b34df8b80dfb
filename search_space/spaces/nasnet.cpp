// The NASNet space (Zoph et al. 2018): a normal and a reduction cell of five blocks; each block
// takes two earlier states, an operation for each, and a combination. Unused states are
// concatenated.
#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "search_space/cell_graph.h"
#include "search_space/space.h"

namespace nas::search_space {
namespace {

constexpr int kBlocks = 5;
constexpr int kPerBlock = 5;  // left state, right state, left op, right op, combine

const std::vector<std::string>& cell_names() {
  static const std::vector<std::string> names = {"normal", "reduction"};
  return names;
}

const std::vector<std::string>& operations() {
  static const std::vector<std::string> names = {
      "identity",     "conv_1x3_3x1", "conv_1x7_7x1", "dilated_conv_3x3", "avg_pool_3x3",
      "max_pool_3x3", "max_pool_5x5", "max_pool_7x7", "conv_1x1",         "conv_3x3",
      "sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7"};
  return names;
}

const std::vector<std::string>& combinations() {
  static const std::vector<std::string> names = {"add", "concat"};
  return names;
}

std::vector<int> unused_states(const Cell& cell) {
  std::vector<bool> used(2 + cell.nodes.size(), false);
  for (const CellNode& node : cell.nodes) {
    for (const Edge& edge : node.edges) used[static_cast<size_t>(edge.state)] = true;
  }
  std::vector<int> unused;
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) unused.push_back(static_cast<int>(i));
  }
  return unused;
}

int index_of(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw common::DataError(
        {.where = "space nasnet", .what = "not in this space", .got = "'" + name + "'"});
  }
  return static_cast<int>(found - names.begin());
}

class NasnetSpace : public Space {
 public:
  NasnetSpace() {
    for (const auto& cell : cell_names()) {
      for (int b = 0; b < kBlocks; ++b) {
        std::vector<std::string> states;
        for (int s = 0; s < b + 2; ++s) states.push_back(std::to_string(s));
        const std::string block = cell + ".block" + std::to_string(b) + ".";
        decisions_.push_back({.name = block + "left.state", .values = states, .kind = "state"});
        decisions_.push_back({.name = block + "right.state", .values = states, .kind = "state"});
        decisions_.push_back(
            {.name = block + "left.op", .values = operations(), .kind = "operation"});
        decisions_.push_back(
            {.name = block + "right.op", .values = operations(), .kind = "operation"});
        decisions_.push_back(
            {.name = block + "combine", .values = combinations(), .kind = "combine"});
      }
    }
  }

  Architecture architecture(const Choices& choices) const override {
    if (!valid(choices))
      throw common::InternalError({.where = "space nasnet", .what = "invalid choices"});
    Architecture architecture{.family = "nasnet", .cells = {}};
    size_t at = 0;
    for (const auto& name : cell_names()) {
      Cell cell;
      for (int b = 0; b < kBlocks; ++b, at += kPerBlock) {
        const auto op = [&](size_t i) {
          return operations()[static_cast<size_t>(choices[at + i])];
        };
        cell.nodes.push_back({.edges = {{choices[at], op(2)}, {choices[at + 1], op(3)}},
                              .combine = combinations()[static_cast<size_t>(choices[at + 4])]});
      }
      cell.concat = unused_states(cell);
      architecture.cells[name] = cell;
    }
    return architecture;
  }

  Choices choices(const Architecture& architecture) const override {
    Choices choices;
    for (const auto& name : cell_names()) {
      const auto found = architecture.cells.find(name);
      if (architecture.family != "nasnet" || found == architecture.cells.end() ||
          found->second.nodes.size() != kBlocks ||
          found->second.concat != unused_states(found->second)) {
        throw common::DataError(
            {.where = "space nasnet",
             .what = "the architecture is not in this space (cell " + name + ")",
             .expected = "five blocks whose unused states are concatenated"});
      }
      for (const CellNode& node : found->second.nodes) {
        if (node.edges.size() != 2) {
          throw common::DataError({.where = "space nasnet", .what = "a block has two inputs"});
        }
        choices.insert(
            choices.end(),
            {node.edges[0].state, node.edges[1].state, index_of(operations(), node.edges[0].op),
             index_of(operations(), node.edges[1].op), index_of(combinations(), node.combine)});
      }
    }
    return choices;
  }

  // Nothing is dead: unused states are outputs. Operations without weights stay for themselves too,
  // since drop-path drops one and not the other.
  std::string key(const Choices& choices) const override {
    const Architecture architecture = this->architecture(choices);
    std::vector<std::string> texts;
    for (const auto& name : cell_names()) texts.push_back(graph_of(architecture, name).text());
    return common::join(texts, "/");
  }

  // For each cell: how often each operation occurs, uses of the two inputs, concatenations,
  // outputs, depth; then the steps of its paths, 1 where there is such a one: which operation reads
  // each input and each operation's result, and whose results the cell puts out.
  std::vector<double> features(const Choices& choices) const override {
    const Architecture architecture = this->architecture(choices);
    std::vector<double> features;
    for (const auto& name : cell_names()) add_cell_features(graph_of(architecture, name), features);
    return features;
  }

 private:
  // A block's sum has the cell's width and size, so that `identity` passes it on.
  static CellGraph graph_of(const Architecture& architecture, const std::string& name) {
    static const CellRules rules = {.passes = [](const Cell& cell, const Edge& edge) {
      return edge.op == "identity" && edge.state >= cell.inputs &&
             cell.nodes[static_cast<size_t>(edge.state - cell.inputs)].combine == "add";
    }};
    return CellGraph(architecture.cells.at(name), rules);
  }

  static void add_cell_features(const CellGraph& graph, std::vector<double>& features) {
    const size_t count = operations().size();
    std::vector<double> counts(count, 0.0);
    std::vector<double> uses(2, 0.0);
    double concats = 0;
    double deepest = 0;
    // Who makes a node: an operation, an input as the number behind the operations, or all that a
    // combination combines.
    std::vector<std::vector<size_t>> makers = {{count}, {count + 1}};
    std::vector<double> depth(2, 0.0);
    std::vector<double> steps((count + 2) * (count + 1), 0.0);  // [maker, reader], last: the output
    const auto read_by = [&](const CellGraph::Sum& sum, size_t reader) {
      for (const int term : sum) {
        for (const size_t maker : makers[static_cast<size_t>(term)])
          steps[maker * (count + 1) + reader] = 1.0;
      }
    };
    for (size_t i = 2; i < graph.nodes().size(); ++i) {
      const CellGraph::Node& node = graph.nodes()[i];
      depth.push_back(0);
      for (const auto& source : node.sources) {
        for (const int term : source)
          depth[i] = std::max(depth[i], depth[static_cast<size_t>(term)]);
      }
      makers.emplace_back();
      if (node.op == "concat") {
        ++concats;
        for (const auto& source : node.sources) {
          for (const int term : source) {
            const auto& more = makers[static_cast<size_t>(term)];
            makers[i].insert(makers[i].end(), more.begin(), more.end());
          }
        }
      } else {
        const auto op = static_cast<size_t>(index_of(operations(), node.op));
        ++counts[op];
        read_by(node.sources[0], op);
        for (const int term : node.sources[0]) {
          if (term < 2) ++uses[static_cast<size_t>(term)];
        }
        makers[i] = {op};
        ++depth[i];
      }
      deepest = std::max(deepest, depth[i]);
    }
    for (const auto& output : graph.outputs()) read_by(output, count);
    features.insert(features.end(), counts.begin(), counts.end());
    features.insert(features.end(), {uses[0], uses[1], concats,
                                     static_cast<double>(graph.outputs().size()), deepest});
    features.insert(features.end(), steps.begin(), steps.end());
  }
};

const common::Register<SpacePlugin> kRegister{
    {.name = "nasnet",
     .summary =
         "Normal and reduction cell, 5 blocks, 13 operations, add or concat (Zoph et al. 2018)",
     .make = []() -> std::unique_ptr<Space> { return std::make_unique<NasnetSpace>(); }}};

}  // namespace
}  // namespace nas::search_space
