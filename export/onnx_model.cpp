#include "export/onnx_model.h"

#include <algorithm>
#include <map>

#include "common/error.h"
#include "export/model_contents.h"
#include "export/onnx_writer.h"

namespace nas::exporting {

namespace {

using common::StoredTensor;
using search_space::Attributes;
using search_space::Node;
using search_space::Primitive;
using search_space::Shape;

// What the emitters write into.
class OnnxGraph {
 public:
  explicit OnnxGraph(const ExportModel& model)
      : model_(model), writer_(model.name.empty() ? "nas" : model.name) {}

  const ExportModel& model() const { return model_; }
  OnnxWriter& writer() { return writer_; }

  // Values by the node that they come from, and of the inputs of a node.
  void append_value(const std::string& name) { values_.push_back(name); }
  const std::string& value(int node) const { return values_.at(static_cast<size_t>(node)); }
  const std::string& input(const Node& node, size_t index = 0) const {
    return value(node.inputs.at(index));
  }
  const Shape& input_shape(const Node& node) const {
    return model_.graph.nodes.at(static_cast<size_t>(node.inputs.at(0))).shape;
  }

  // Appends an ONNX node with one output, and returns that output's name.
  std::string add(const std::string& op, const std::string& output,
                  const std::vector<std::string>& inputs,
                  const std::vector<OnnxAttribute>& attributes = {}) {
    writer_.node({.op = op,
                  .name = output,
                  .inputs = inputs,
                  .outputs = {output},
                  .attributes = attributes});
    return output;
  }

  // The same for a node of the network: its inputs, then its parameters and buffers, which are
  // written as constants.
  std::string add(const std::string& op, const Node& node,
                  const std::vector<OnnxAttribute>& attributes = {}) {
    std::vector<std::string> inputs;
    for (const int input : node.inputs) inputs.push_back(value(input));
    for (const auto& name : write_tensors(node)) inputs.push_back(name);
    return add(op, node.name, inputs, attributes);
  }

  std::vector<std::string> write_tensors(const Node& node) {
    std::vector<std::string> names;
    for (const auto* specs : {&node.parameters, &node.buffers}) {
      for (const auto& spec : *specs) {
        writer_.floats(spec.name, spec.shape, tensor_of(model_, spec).bytes);
        names.push_back(spec.name);
      }
    }
    return names;
  }

  std::string constant(const std::string& name, const std::vector<int64_t>& shape,
                       const std::vector<float>& values) {
    writer_.floats(name, shape, StoredTensor::of_floats(shape, values).bytes);
    return name;
  }

  std::string integers(const std::string& name, const std::vector<int64_t>& values) {
    writer_.integers(name, values);
    return name;
  }

 private:
  const ExportModel& model_;
  OnnxWriter writer_;
  std::vector<std::string> values_;
};

// The shape [C, 1, 1] rather than [1, C, 1, 1]: OpenCV 4.6 takes the number of dimensions for the
// axis.
std::string emit_input(OnnxGraph& graph, const Node& node) {
  const Shape& shape = node.shape;
  graph.writer().input("image", {OnnxWriter::kBatch, shape.channels, shape.height, shape.width});
  const Normalization normalization = normalization_of(graph.model());
  const auto shift = graph.constant("normalize.shift", {shape.channels, 1, 1}, normalization.shift);
  const auto scale = graph.constant("normalize.scale", {shape.channels, 1, 1}, normalization.scale);
  const auto shifted = graph.add("Sub", "normalize.sub", {"image", shift});
  return graph.add("Mul", "normalize.mul", {shifted, scale});
}

std::vector<OnnxAttribute> window(const Attributes& a) {
  return {{"kernel_shape", std::vector<int64_t>{a.kernel_h, a.kernel_w}},
          {"strides", std::vector<int64_t>{a.stride_h, a.stride_w}},
          {"pads", std::vector<int64_t>{a.top, a.left, a.bottom, a.right}}};
}

std::vector<OnnxAttribute> convolution(const Attributes& a) {
  std::vector<OnnxAttribute> attributes = window(a);
  attributes.push_back({"dilations", std::vector<int64_t>{a.dilation, a.dilation}});
  attributes.push_back({"group", a.groups});
  return attributes;
}

std::string emit_conv2d(OnnxGraph& graph, const Node& node) {
  return graph.add("Conv", node, convolution(node.attributes));
}

std::string emit_batch_norm(OnnxGraph& graph, const Node& node) {
  return graph.add("BatchNormalization", node,
                   {{"epsilon", static_cast<float>(node.attributes.epsilon)}});
}

std::string emit_relu(OnnxGraph& graph, const Node& node) { return graph.add("Relu", node); }

std::string emit_max_pool(OnnxGraph& graph, const Node& node) {
  return graph.add("MaxPool", node, window(node.attributes));
}

std::string emit_avg_pool(OnnxGraph& graph, const Node& node) {
  std::vector<OnnxAttribute> attributes = window(node.attributes);
  attributes.push_back({"count_include_pad", int64_t{0}});
  return graph.add("AveragePool", node, attributes);
}

// ONNX's Add takes two.
std::string emit_add(OnnxGraph& graph, const Node& node) {
  std::string sum = graph.input(node);
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    const std::string name =
        i + 1 == node.inputs.size() ? node.name : node.name + ".partial" + std::to_string(i);
    sum = graph.add("Add", name, {sum, graph.input(node, i)});
  }
  return sum;
}

std::string emit_concat(OnnxGraph& graph, const Node& node) {
  return graph.add("Concat", node, {{"axis", int64_t{1}}});
}

std::string emit_pad(OnnxGraph& graph, const Node& node) {
  const Attributes& a = node.attributes;
  const auto pads =
      graph.integers(node.name + ".pads", {0, 0, a.top, a.left, 0, 0, a.bottom, a.right});
  return graph.add("Pad", node.name, {graph.input(node), pads},
                   {{"mode", std::string("constant")}});
}

std::string emit_slice(OnnxGraph& graph, const Node& node) {
  const Shape& shape = graph.input_shape(node);
  const auto starts =
      graph.integers(node.name + ".starts", {node.attributes.top, node.attributes.left});
  const auto ends = graph.integers(node.name + ".ends", {shape.height, shape.width});
  const auto axes = graph.integers(node.name + ".axes", {2, 3});
  return graph.add("Slice", node.name, {graph.input(node), starts, ends, axes});
}

// Zeros must have the batch of the input. Of the input's shape: the input times zero. Of another: a
// 1x1 convolution with zero weights, with the stride and padding that give the size; nothing has to
// be broadcast.
std::string emit_zeros(OnnxGraph& graph, const Node& node) {
  const Shape& from = graph.input_shape(node);
  const Shape& to = node.shape;
  const std::string name = node.name + ".zero";
  if (from == to)
    return graph.add("Mul", node.name, {graph.input(node), graph.constant(name, {1}, {0.0F})});
  Attributes a;
  a.stride_h = (from.height + to.height - 1) / to.height;
  a.stride_w = (from.width + to.width - 1) / to.width;
  a.bottom = std::max<int64_t>(0, (to.height - 1) * a.stride_h + 1 - from.height);
  a.right = std::max<int64_t>(0, (to.width - 1) * a.stride_w + 1 - from.width);
  a.groups = from.channels == to.channels ? to.channels : 1;
  const int64_t depth = from.channels / a.groups;
  const std::vector<float> zeros(static_cast<size_t>(to.channels * depth), 0.0F);
  const auto weight = graph.constant(name, {to.channels, depth, 1, 1}, zeros);
  return graph.add("Conv", node.name, {graph.input(node), weight}, convolution(a));
}

std::string emit_global_avg_pool(OnnxGraph& graph, const Node& node) {
  return graph.add("GlobalAveragePool", node);
}

std::string emit_linear(OnnxGraph& graph, const Node& node) {
  std::vector<std::string> inputs = {
      graph.add("Flatten", node.name + ".flat", {graph.input(node)}, {{"axis", int64_t{1}}})};
  for (const auto& name : graph.write_tensors(node)) inputs.push_back(name);
  return graph.add("Gemm", node.name, inputs, {{"transB", int64_t{1}}});
}

// Dropout and drop-path do nothing at inference.
std::string emit_nothing(OnnxGraph& graph, const Node& node) { return graph.input(node); }

std::string emit_sigmoid(OnnxGraph& graph, const Node& node) { return graph.add("Sigmoid", node); }
std::string emit_mul(OnnxGraph& graph, const Node& node) { return graph.add("Mul", node); }

// Appends ONNX nodes that compute `node` and returns the name of its value.
using Emitter = std::string (*)(OnnxGraph& graph, const Node& node);

const std::map<Primitive, Emitter>& emitters() {
  static const std::map<Primitive, Emitter> table = {
      {Primitive::kInput, emit_input},
      {Primitive::kConv2d, emit_conv2d},
      {Primitive::kBatchNorm, emit_batch_norm},
      {Primitive::kRelu, emit_relu},
      {Primitive::kMaxPool, emit_max_pool},
      {Primitive::kAvgPool, emit_avg_pool},
      {Primitive::kAdd, emit_add},
      {Primitive::kConcat, emit_concat},
      {Primitive::kPad, emit_pad},
      {Primitive::kSlice, emit_slice},
      {Primitive::kZeros, emit_zeros},
      {Primitive::kGlobalAvgPool, emit_global_avg_pool},
      {Primitive::kLinear, emit_linear},
      {Primitive::kDropout, emit_nothing},
      {Primitive::kDropPath, emit_nothing},
      {Primitive::kSigmoid, emit_sigmoid},
      {Primitive::kMul, emit_mul},
  };
  return table;
}

}  // namespace

std::string onnx_model(const ExportModel& model) {
  OnnxGraph graph(model);
  for (const Node& node : model.graph.nodes) {
    const auto emitter = emitters().find(node.kind);
    if (emitter == emitters().end()) {
      throw common::InternalError(
          {.where = "onnx",
           .what = std::string("no export of ") + search_space::primitive_text(node.kind),
           .got = node.name});
    }
    graph.append_value(emitter->second(graph, node));
  }
  const std::string logits = graph.value(model.graph.logits);
  if (model.task == data::Task::kSingleLabel) {
    graph.add("Softmax", "scores", {logits}, {{"axis", int64_t{1}}});
  } else {
    graph.add("Sigmoid", "scores", {logits});
  }
  graph.writer().output("scores", {OnnxWriter::kBatch, model.graph.classes});
  return graph.writer().finish(full_metadata(model));
}

}  // namespace nas::exporting
