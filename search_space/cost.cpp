#include "search_space/cost.h"

#include <initializer_list>

#include "common/error.h"

namespace nas::search_space {

namespace {

// Adds the product. A count that wrapped round would look like that of a small network.
void add(int64_t& total, std::initializer_list<int64_t> factors) {
  int64_t product = 1;
  bool overflow = false;
  for (const int64_t factor : factors)
    overflow |= __builtin_mul_overflow(product, factor, &product);
  overflow |= __builtin_add_overflow(total, product, &total);
  if (!overflow) return;
  throw common::ConfigError({.where = "network",
                             .what = "too large to be counted",
                             .expected = "counts below 2^63",
                             .hint = "smaller --cells, --filters or --input-size"});
}

bool multiplies(Primitive kind) { return kind == Primitive::kConv2d || kind == Primitive::kLinear; }

// Autograd keeps what the backward formula of a consumer needs.
bool keeps_input(Primitive kind) {
  return kind == Primitive::kConv2d || kind == Primitive::kBatchNorm ||
         kind == Primitive::kLinear || kind == Primitive::kMaxPool || kind == Primitive::kAvgPool ||
         kind == Primitive::kMul || kind == Primitive::kWeightedSum;
}

}  // namespace

Cost cost_of(const NetworkGraph& graph) {
  Cost cost;
  std::vector<bool> kept(graph.nodes.size(), false);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    for (const auto& parameter : node.parameters) {
      add(node.auxiliary ? cost.auxiliary_parameters : cost.parameters, {parameter.count()});
    }
    for (const auto& buffer : node.buffers) add(cost.buffers, {buffer.count()});
    if (!node.auxiliary && multiplies(node.kind)) {
      add(cost.multiply_adds, {node.parameters[0].count(), node.shape.height, node.shape.width});
    }
    if (keeps_input(node.kind)) {
      for (const int input : node.inputs) kept[static_cast<size_t>(input)] = true;
    }
    if (node.kind == Primitive::kRelu || node.kind == Primitive::kSigmoid) kept[i] = true;
    // Indices of the maxima are 64-bit.
    if (node.kind == Primitive::kMaxPool) add(cost.activation_bytes, {node.shape.count(), 8});
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (kept[i]) add(cost.activation_bytes, {graph.nodes[i].shape.count(), 4});
  }
  return cost;
}

}  // namespace nas::search_space
