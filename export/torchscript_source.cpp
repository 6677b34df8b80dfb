#include "export/torchscript_source.h"

#include <cctype>
#include <map>
#include <set>

#include "common/error.h"
#include "common/json.h"
#include "common/text.h"

namespace nas::exporting {

namespace {

using search_space::Node;
using search_space::Primitive;
using search_space::primitive_text;

std::string variable(int node) { return std::string("v") + std::to_string(node); }
std::string input(const Node& node, size_t index = 0) { return variable(node.inputs.at(index)); }
std::string number(int64_t value) { return std::to_string(value); }
std::string pair(int64_t a, int64_t b) {
  return std::string("[") + number(a) + ", " + number(b) + "]";
}
std::string real(double value) {
  return common::Json(value).dump();
}  // always with a point or an exponent

std::string call(const std::string& function, const std::vector<std::string>& arguments) {
  return std::string("torch.") + function + "(" + common::join(arguments, ", ") + ")";
}

std::string inputs_list(const Node& node) {
  std::vector<std::string> names;
  for (const int index : node.inputs) names.push_back(variable(index));
  return std::string("[") + common::join(names, ", ") + "]";
}

std::string attribute(const std::string& tensor_name) {
  return std::string("self.") + common::join(attribute_path(tensor_name), ".");
}

// Torch pads both sides alike; the operations of this project do too.
std::string padding(const Node& node) {
  const auto& a = node.attributes;
  if (a.top != a.bottom || a.left != a.right) {
    throw common::InternalError(
        {.where = "torchscript",
         .what = std::string("no export of uneven padding: ") + primitive_text(node.kind),
         .got = node.name});
  }
  return pair(a.top, a.left);
}

std::string emit_input(const Node&) {
  return "(image - self.normalize.shift) * self.normalize.scale";
}

std::string emit_conv2d(const Node& node) {
  const auto& a = node.attributes;
  const std::string bias = node.parameters.size() > 1 ? attribute(node.parameters[1].name) : "None";
  return call("conv2d", {input(node), attribute(node.parameters.at(0).name), bias,
                         pair(a.stride_h, a.stride_w), padding(node), pair(a.dilation, a.dilation),
                         number(a.groups)});
}

std::string emit_batch_norm(const Node& node) {
  return call("batch_norm", {input(node), attribute(node.parameters.at(0).name),
                             attribute(node.parameters.at(1).name),
                             attribute(node.buffers.at(0).name), attribute(node.buffers.at(1).name),
                             "False", "0.0", real(node.attributes.epsilon), "False"});
}

std::string emit_relu(const Node& node) { return call("relu", {input(node)}); }

std::string emit_max_pool(const Node& node) {
  const auto& a = node.attributes;
  return call("max_pool2d", {input(node), pair(a.kernel_h, a.kernel_w),
                             pair(a.stride_h, a.stride_w), padding(node), "[1, 1]", "False"});
}

std::string emit_avg_pool(const Node& node) {
  const auto& a = node.attributes;
  return call("avg_pool2d", {input(node), pair(a.kernel_h, a.kernel_w),
                             pair(a.stride_h, a.stride_w), padding(node), "False", "False"});
}

std::string emit_add(const Node& node) {
  std::string sum = input(node);
  for (size_t i = 1; i < node.inputs.size(); ++i) sum.append(" + ").append(input(node, i));
  return sum;
}

std::string emit_concat(const Node& node) { return call("cat", {inputs_list(node), "1"}); }

std::string emit_pad(const Node& node) {
  const auto& a = node.attributes;
  const std::vector<std::string> sides = {number(a.left), number(a.right), number(a.top),
                                          number(a.bottom)};
  return call("constant_pad_nd",
              {input(node), std::string("[") + common::join(sides, ", ") + "]", "0"});
}

std::string emit_slice(const Node& node) {
  return input(node) + "[:, :, " + number(node.attributes.top) + ":, " +
         number(node.attributes.left) + ":]";
}

std::string emit_zeros(const Node& node) {
  const auto& shape = node.shape;
  return input(node) + ".new_zeros([" + input(node) + ".size(0), " + number(shape.channels) + ", " +
         number(shape.height) + ", " + number(shape.width) + "])";
}

std::string emit_global_avg_pool(const Node& node) {
  return call("mean", {input(node), "[2, 3]", "True"});
}

std::string emit_linear(const Node& node) {
  return call("linear", {call("flatten", {input(node), "1"}), attribute(node.parameters.at(0).name),
                         attribute(node.parameters.at(1).name)});
}

// Dropout and drop-path do nothing at inference.
std::string emit_nothing(const Node& node) { return input(node); }

std::string emit_sigmoid(const Node& node) { return call("sigmoid", {input(node)}); }
std::string emit_mul(const Node& node) { return input(node) + " * " + input(node, 1); }

// The expression that computes a node.
using Emitter = std::string (*)(const Node& node);

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

std::string identifier(const std::string& component) {
  static const std::set<std::string> reserved = {
      "False",  "None", "True",  "and",      "as",    "assert", "break",  "class", "continue",
      "def",    "del",  "elif",  "else",     "for",   "from",   "global", "if",    "import",
      "in",     "inf",  "is",    "lambda",   "not",   "or",     "pass",   "print", "raise",
      "return", "self", "torch", "training", "while", "with"};
  std::string word;
  for (const char c : component) word += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  const bool legal = !word.empty() && std::isdigit(static_cast<unsigned char>(word[0])) == 0;
  return legal && reserved.count(word) == 0 ? word : std::string("_") + word;
}

}  // namespace

std::vector<std::string> attribute_path(const std::string& tensor_name) {
  std::vector<std::string> path;
  for (const auto& component : common::split(tensor_name, '.'))
    path.push_back(identifier(component));
  return path;
}

std::string torchscript_source(const ExportModel& model) {
  std::string source = "def forward(self, image: Tensor) -> Tensor:\n";
  const std::vector<Node>& nodes = model.graph.nodes;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto emitter = emitters().find(nodes[i].kind);
    if (emitter == emitters().end()) {
      throw common::InternalError(
          {.where = "torchscript",
           .what = std::string("no export of ") + primitive_text(nodes[i].kind),
           .got = nodes[i].name});
    }
    source.append("    ").append(variable(static_cast<int>(i))).append(" = ");
    source.append(emitter->second(nodes[i])).append("\n");
  }
  const std::string logits = variable(model.graph.logits);
  const bool single = model.task == data::Task::kSingleLabel;
  source.append("    return ");
  source.append(single ? call("softmax", {logits, "1"}) : call("sigmoid", {logits})).append("\n");
  return source;
}

}  // namespace nas::exporting
