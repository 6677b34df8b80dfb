#include "search_space/op.h"

#include <algorithm>

namespace nas::search_space {

namespace {

constexpr int64_t kWidth = 4;

// Whether a trial of it appends a node that `fits`.
template <class F>
bool appends(const std::string& name, F fits) {
  GraphBuilder graph({kWidth, 8, 8});
  const int output = append_op(graph, name, graph.image(), {.filters = kWidth});
  const auto& nodes = graph.finish(output, std::nullopt, kWidth).nodes;
  return std::any_of(nodes.begin(), nodes.end(), fits);
}

}  // namespace

int append_op(GraphBuilder& graph, const std::string& name, int input, const OpSite& site) {
  const auto scope = graph.scope(name);
  return common::Registry<Op>::find(name).append(graph, input, site);
}

bool has_weights(const std::string& name) {
  return appends(name, [](const Node& node) { return !node.parameters.empty(); });
}

bool is_pool(const std::string& name) {
  return !has_weights(name) && appends(name, [](const Node& node) {
    return node.kind == Primitive::kMaxPool || node.kind == Primitive::kAvgPool;
  });
}

}  // namespace nas::search_space
