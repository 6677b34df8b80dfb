#include "search_space/shared_parameters.h"

#include "common/text.h"

namespace nas::search_space {

namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const int64_t size : shape) sizes.push_back(std::to_string(size));
  return "[" + common::join(sizes, ",") + "]";
}

bool is_depthwise(const Node& node) {
  return node.kind == Primitive::kConv2d && node.attributes.groups > 1 &&
         node.attributes.groups == node.shape.channels;
}

// Whether its channels are those of its input, one for one.
bool keeps_channels(const Node& node) {
  switch (node.kind) {
    case Primitive::kBatchNorm:
    case Primitive::kRelu:
    case Primitive::kMaxPool:
    case Primitive::kAvgPool:
    case Primitive::kPad:
    case Primitive::kSlice:
    case Primitive::kGlobalAvgPool:
    case Primitive::kDropout:
    case Primitive::kDropPath:
    case Primitive::kSigmoid:
      return true;
    case Primitive::kConv2d:
      return is_depthwise(node);
    default:
      return false;
  }
}

// What the channels of a node are made of; empty: always the same.
const std::vector<Part>& parts_of(const NetworkGraph& graph, int index) {
  const Node* node = &graph.nodes[static_cast<size_t>(index)];
  while (node->parts.empty() && keeps_channels(*node))
    node = &graph.nodes[static_cast<size_t>(node->inputs[0])];
  return node->parts;
}

// The dimension of a parameter that has a place for each channel of the input; -1: none.
int input_dimension(const Node& node, size_t parameter) {
  if (node.kind == Primitive::kBatchNorm || is_depthwise(node)) return 0;
  const bool weight = parameter == 0;
  const bool dense = node.kind == Primitive::kLinear ||
                     (node.kind == Primitive::kConv2d && node.attributes.groups == 1);
  return weight && dense ? 1 : -1;
}

SharedParameter shared_of(const NetworkGraph& graph, const Node& node, size_t parameter) {
  const TensorSpec& spec = node.parameters[parameter];
  const std::string name =
      node.shared.empty() ? spec.name : node.shared + spec.name.substr(node.name.size());
  SharedParameter shared{.dimension = input_dimension(node, parameter), .slices = {}};
  const auto& parts = parts_of(graph, node.inputs[0]);
  if (shared.dimension < 0 || parts.empty()) {
    shared.dimension = -1;
    shared.slices = {{.key = name + shape_text(spec.shape)}};
    return shared;
  }
  int64_t channels = 0;
  for (const Part& part : parts) channels += part.channels;
  const auto dimension = static_cast<size_t>(shared.dimension);
  const int64_t places = spec.shape[dimension] / channels;  // of a channel: a linear layer's pixels
  int64_t begin = 0;
  for (const Part& part : parts) {
    std::vector<int64_t> shape = spec.shape;
    shape[dimension] = part.channels * places;
    shared.slices.push_back({.key = name + "@" + part.name + shape_text(shape),
                             .begin = begin,
                             .count = shape[dimension]});
    begin += shape[dimension];
  }
  return shared;
}

}  // namespace

std::vector<std::vector<SharedParameter>> shared_parameters(const NetworkGraph& graph) {
  std::vector<std::vector<SharedParameter>> all(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (size_t p = 0; p < graph.nodes[i].parameters.size(); ++p)
      all[i].push_back(shared_of(graph, graph.nodes[i], p));
  }
  return all;
}

}  // namespace nas::search_space
