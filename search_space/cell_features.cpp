#include "search_space/cell_features.h"

#include <algorithm>

namespace nas::search_space {

std::vector<double> cell_features(const CellGraph& graph,
                                  const std::vector<std::string>& operations) {
  const size_t count = operations.size();
  const auto inputs = static_cast<size_t>(
      std::count_if(graph.nodes().begin(), graph.nodes().end(),
                    [](const CellGraph::Node& node) { return node.op.empty(); }));
  std::vector<double> counts(count, 0.0);
  std::vector<double> uses(inputs, 0.0);
  double concats = 0;
  double deepest = 0;
  // Who makes a node: an operation, an input as the number behind the operations, or all that a
  // combination combines.
  std::vector<std::vector<size_t>> makers;
  for (size_t input = 0; input < inputs; ++input) makers.push_back({count + input});
  std::vector<double> depth(inputs, 0.0);
  // [maker, reader], last: the output
  std::vector<double> steps((count + inputs) * (count + 1), 0.0);
  const auto read_by = [&](const CellGraph::Sum& sum, size_t reader) {
    for (const int term : sum) {
      for (const size_t maker : makers[static_cast<size_t>(term)])
        steps[maker * (count + 1) + reader] = 1.0;
    }
  };
  for (size_t i = inputs; i < graph.nodes().size(); ++i) {
    const CellGraph::Node& node = graph.nodes()[i];
    depth.push_back(0);
    for (const auto& source : node.sources) {
      for (const int term : source) depth[i] = std::max(depth[i], depth[static_cast<size_t>(term)]);
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
      const auto op = static_cast<size_t>(std::find(operations.begin(), operations.end(), node.op) -
                                          operations.begin());
      ++counts.at(op);
      read_by(node.sources[0], op);
      for (const int term : node.sources[0]) {
        if (static_cast<size_t>(term) < inputs) ++uses[static_cast<size_t>(term)];
      }
      makers[i] = {op};
      ++depth[i];
    }
    deepest = std::max(deepest, depth[i]);
  }
  for (const auto& output : graph.outputs()) read_by(output, count);
  std::vector<double> features = std::move(counts);
  features.insert(features.end(), uses.begin(), uses.end());
  features.insert(features.end(), {concats, static_cast<double>(graph.outputs().size()), deepest});
  features.insert(features.end(), steps.begin(), steps.end());
  return features;
}

}  // namespace nas::search_space
