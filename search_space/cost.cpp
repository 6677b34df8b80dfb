#include "search_space/cost.h"

namespace nas::search_space {

namespace {

int64_t multiply_adds_of(const Node& node) {
  if (node.kind != Primitive::kConv2d && node.kind != Primitive::kLinear) return 0;
  return node.parameters[0].count() * node.shape.height * node.shape.width;
}

// Autograd keeps what the backward formula of a consumer needs.
bool keeps_input(Primitive kind) {
  return kind == Primitive::kConv2d || kind == Primitive::kBatchNorm ||
         kind == Primitive::kLinear || kind == Primitive::kMaxPool || kind == Primitive::kAvgPool ||
         kind == Primitive::kMul;
}

}  // namespace

Cost cost_of(const NetworkGraph& graph) {
  Cost cost;
  std::vector<bool> kept(graph.nodes.size(), false);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    for (const auto& parameter : node.parameters) {
      (node.auxiliary ? cost.auxiliary_parameters : cost.parameters) += parameter.count();
    }
    for (const auto& buffer : node.buffers) cost.buffers += buffer.count();
    if (!node.auxiliary) cost.multiply_adds += multiply_adds_of(node);
    if (keeps_input(node.kind)) {
      for (const int input : node.inputs) kept[static_cast<size_t>(input)] = true;
    }
    if (node.kind == Primitive::kRelu || node.kind == Primitive::kSigmoid) kept[i] = true;
    // Indices of the maxima are 64-bit.
    if (node.kind == Primitive::kMaxPool) cost.activation_bytes += node.shape.count() * 8;
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (kept[i]) cost.activation_bytes += graph.nodes[i].shape.count() * 4;
  }
  return cost;
}

}  // namespace nas::search_space
