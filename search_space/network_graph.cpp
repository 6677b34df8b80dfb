#include "search_space/network_graph.h"

#include <array>
#include <utility>

#include "common/error.h"

namespace nas::search_space {

std::string primitive_text(Primitive primitive) {
  static constexpr std::array<const char*, 20> kTexts = {
      "input",    "conv2d",  "batch_norm", "relu",    "max_pool", "avg_pool",
      "add",      "concat",  "pad",        "slice",   "zeros",    "global_avg_pool",
      "linear",   "dropout", "drop_path",  "sigmoid", "mul",      "weighted_sum",
      "channels", "shuffle"};
  return kTexts.at(static_cast<size_t>(primitive));
}

int64_t TensorSpec::count() const {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

namespace {

// What the nodes `roots` depend on, and the input.
NetworkGraph pruned(NetworkGraph graph, const std::vector<int>& roots) {
  std::vector<bool> needed(graph.nodes.size(), false);
  needed[0] = true;
  for (const int root : roots) needed.at(static_cast<size_t>(root)) = true;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const int input : graph.nodes[i].inputs) needed[static_cast<size_t>(input)] = true;
  }
  NetworkGraph kept{.nodes = {}, .classes = graph.classes};
  std::vector<int> moved(graph.nodes.size(), -1);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!needed[i]) continue;
    moved[i] = static_cast<int>(kept.nodes.size());
    kept.nodes.push_back(std::move(graph.nodes[i]));
    for (int& input : kept.nodes.back().inputs) input = moved[static_cast<size_t>(input)];
  }
  kept.logits = moved[static_cast<size_t>(graph.logits)];
  if (graph.auxiliary_logits && moved[static_cast<size_t>(*graph.auxiliary_logits)] >= 0) {
    kept.auxiliary_logits = moved[static_cast<size_t>(*graph.auxiliary_logits)];
  }
  for (const auto& [name, node] : graph.end_points) {
    if (moved[static_cast<size_t>(node)] >= 0) {
      kept.end_points.emplace_back(name, moved[static_cast<size_t>(node)]);
    }
  }
  return kept;
}

void require_logits(const NetworkGraph& graph) {
  if (graph.logits < 0) {
    throw common::InternalError({.where = "network graph", .what = "a graph without logits"});
  }
}

}  // namespace

NetworkGraph live_graph(NetworkGraph graph) {
  require_logits(graph);
  std::vector<int> roots = {graph.logits};
  if (graph.auxiliary_logits) roots.push_back(*graph.auxiliary_logits);
  return pruned(std::move(graph), roots);
}

NetworkGraph inference_graph(NetworkGraph graph) {
  require_logits(graph);
  const std::vector<int> roots = {graph.logits};
  return pruned(std::move(graph), roots);
}

}  // namespace nas::search_space
