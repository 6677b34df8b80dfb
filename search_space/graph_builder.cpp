#include "search_space/graph_builder.h"

#include <algorithm>
#include <utility>

#include "common/error.h"

namespace nas::search_space {

namespace {

void require(bool fits, const std::string& where, const std::string& what) {
  if (!fits) throw common::InternalError({.where = where, .what = what});
}

// Whether anything is left depends on the options and on the architecture, not on nas.
void require_left(int64_t left, const std::string& where, const std::string& what,
                  const std::string& hint) {
  if (left > 0) return;
  throw common::ConfigError({.where = where, .what = what, .hint = hint});
}

int64_t output_size(int64_t size, int64_t padding, int64_t kernel, int64_t dilation,
                    int64_t stride) {
  const int64_t room = size + padding - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

}  // namespace

GraphBuilder::GraphBuilder(const Shape& image) {
  Node node{.kind = Primitive::kInput, .name = "image"};
  node.shape = image;
  graph_.nodes.push_back(node);
}

GraphBuilder::Scope::Scope(GraphBuilder& graph, const std::string& name, const std::string& shared)
    : graph_(graph), length_(graph.prefix_.size()), shared_length_(graph.shared_prefix_.size()) {
  graph.prefix_ += name + ".";
  graph.shared_prefix_ += (shared.empty() ? name : shared) + ".";
}

GraphBuilder::Scope::~Scope() {
  graph_.prefix_.resize(length_);
  graph_.shared_prefix_.resize(shared_length_);
}

Node GraphBuilder::make(Primitive kind, const std::string& name, std::vector<int> inputs) const {
  Node node{.kind = kind, .name = prefix_ + name, .inputs = std::move(inputs)};
  node.shape = shape(node.inputs.at(0));
  node.auxiliary = auxiliary_;
  if (shared_prefix_ != prefix_) node.shared = shared_prefix_ + name;
  return node;
}

int GraphBuilder::append(Node node) {
  require_left(std::min(node.shape.height, node.shape.width), node.name,
               "the image is too small for this network: a feature map would be empty",
               "a larger --input-size");
  require_left(node.shape.channels, node.name, "too few filters for this network",
               "more --filters");
  graph_.nodes.push_back(std::move(node));
  return static_cast<int>(graph_.nodes.size()) - 1;
}

std::string GraphBuilder::numbered(const std::string& name) {
  return name + std::to_string(numbers_[prefix_ + name]++);
}

int GraphBuilder::conv2d(const std::string& name, int x, const ConvSpec& spec) {
  Node node = make(Primitive::kConv2d, name, {x});
  const Shape input = node.shape;
  require(input.channels % spec.groups == 0 && spec.channels % spec.groups == 0, node.name,
          "groups do not divide the channels");
  Attributes& a = node.attributes;
  a = {.kernel_h = spec.kernel_h,
       .kernel_w = spec.kernel_w,
       .stride_h = spec.stride_h,
       .stride_w = spec.stride_w,
       .dilation = spec.dilation,
       .groups = spec.groups};
  if (spec.same_padding) {
    a.top = a.bottom = spec.dilation * (spec.kernel_h - 1) / 2;
    a.left = a.right = spec.dilation * (spec.kernel_w - 1) / 2;
  }
  node.shape = {spec.channels,
                output_size(input.height, a.top + a.bottom, a.kernel_h, a.dilation, a.stride_h),
                output_size(input.width, a.left + a.right, a.kernel_w, a.dilation, a.stride_w)};
  node.parameters.push_back(
      {node.name + ".weight",
       {spec.channels, input.channels / spec.groups, spec.kernel_h, spec.kernel_w}});
  if (spec.bias) node.parameters.push_back({node.name + ".bias", {spec.channels}});
  return append(std::move(node));
}

int GraphBuilder::batch_norm(const std::string& name, int x) {
  Node node = make(Primitive::kBatchNorm, name, {x});
  const int64_t channels = node.shape.channels;
  node.attributes.epsilon = epsilon_;
  node.attributes.momentum = momentum_;
  if (affine_)
    node.parameters = {{node.name + ".weight", {channels}}, {node.name + ".bias", {channels}}};
  node.buffers = {{node.name + ".running_mean", {channels}},
                  {node.name + ".running_var", {channels}}};
  return append(std::move(node));
}

int GraphBuilder::relu(int x) {
  const auto found = relu_of_.find(x);
  if (found != relu_of_.end()) return found->second;
  const int node = append(make(Primitive::kRelu, numbered("relu"), {x}));
  relu_of_[x] = node;
  return node;
}

int GraphBuilder::pool(Primitive kind, int x, const PoolSpec& spec) {
  Node node = make(kind, numbered(primitive_text(kind)), {x});
  Attributes& a = node.attributes;
  a = {.kernel_h = spec.kernel,
       .kernel_w = spec.kernel,
       .stride_h = spec.stride,
       .stride_w = spec.stride};
  if (spec.same_padding) a.top = a.left = a.bottom = a.right = (spec.kernel - 1) / 2;
  node.shape.height = output_size(node.shape.height, a.top + a.bottom, spec.kernel, 1, spec.stride);
  node.shape.width = output_size(node.shape.width, a.left + a.right, spec.kernel, 1, spec.stride);
  return append(std::move(node));
}

int GraphBuilder::max_pool(int x, const PoolSpec& spec) {
  return pool(Primitive::kMaxPool, x, spec);
}
int GraphBuilder::avg_pool(int x, const PoolSpec& spec) {
  return pool(Primitive::kAvgPool, x, spec);
}

int GraphBuilder::add(const std::vector<int>& inputs) {
  if (inputs.size() == 1) return inputs[0];
  Node node = make(Primitive::kAdd, numbered("add"), inputs);
  for (const int input : inputs) {
    require(shape(input) == node.shape, node.name, "inputs of an add differ in shape");
  }
  return append(std::move(node));
}

int GraphBuilder::concat(const std::vector<int>& inputs) {
  if (inputs.size() == 1) return inputs[0];
  Node node = make(Primitive::kConcat, numbered("concat"), inputs);
  node.shape.channels = 0;
  for (const int input : inputs) {
    require(shape(input).height == node.shape.height && shape(input).width == node.shape.width,
            node.name, "inputs of a concat differ in size");
    node.shape.channels += shape(input).channels;
  }
  return append(std::move(node));
}

int GraphBuilder::pad(int x, int64_t top, int64_t left, int64_t bottom, int64_t right) {
  Node node = make(Primitive::kPad, numbered("pad"), {x});
  node.attributes.top = top;
  node.attributes.left = left;
  node.attributes.bottom = bottom;
  node.attributes.right = right;
  node.shape.height += top + bottom;
  node.shape.width += left + right;
  return append(std::move(node));
}

int GraphBuilder::slice(int x, int64_t top, int64_t left) {
  Node node = make(Primitive::kSlice, numbered("slice"), {x});
  node.attributes.top = top;
  node.attributes.left = left;
  node.shape.height -= top;
  node.shape.width -= left;
  return append(std::move(node));
}

int GraphBuilder::zeros(int x, const Shape& shape) {
  Node node = make(Primitive::kZeros, numbered("zeros"), {x});
  node.shape = shape;
  return append(std::move(node));
}

int GraphBuilder::global_avg_pool(int x) {
  Node node = make(Primitive::kGlobalAvgPool, numbered("global_avg_pool"), {x});
  node.shape.height = node.shape.width = 1;
  return append(std::move(node));
}

int GraphBuilder::linear(const std::string& name, int x, int64_t features) {
  Node node = make(Primitive::kLinear, name, {x});
  const int64_t inputs = node.shape.count();
  node.shape = {features, 1, 1};
  node.parameters = {{node.name + ".weight", {features, inputs}},
                     {node.name + ".bias", {features}}};
  return append(std::move(node));
}

int GraphBuilder::dropout(int x, double rate) {
  if (rate <= 0) return x;
  Node node = make(Primitive::kDropout, numbered("dropout"), {x});
  node.attributes.rate = rate;
  return append(std::move(node));
}

int GraphBuilder::drop_path(int x, double depth_ratio) {
  Node node = make(Primitive::kDropPath, numbered("drop_path"), {x});
  node.attributes.depth_ratio = depth_ratio;
  return append(std::move(node));
}

int GraphBuilder::sigmoid(int x) {
  return append(make(Primitive::kSigmoid, numbered("sigmoid"), {x}));
}

int GraphBuilder::mul(int a, int b) {
  Node node = make(Primitive::kMul, numbered("mul"), {a, b});
  require(shape(a).channels == shape(b).channels, node.name, "factors differ in channels");
  return append(std::move(node));
}

int GraphBuilder::weighted_sum(const std::string& name, const std::vector<int>& inputs) {
  Node node = make(Primitive::kWeightedSum, name, inputs);
  for (const int input : inputs) {
    require(shape(input) == node.shape, node.name, "inputs of a weighted sum differ in shape");
  }
  node.buffers = {{node.name + ".weights", {static_cast<int64_t>(inputs.size())}}};
  return append(std::move(node));
}

int GraphBuilder::take_channels(int x, int64_t first, int64_t count) {
  Node node = make(Primitive::kChannels, numbered("channels"), {x});
  require(first >= 0 && first + count <= node.shape.channels, node.name, "no such channels");
  node.attributes.first = first;
  node.shape.channels = count;
  return append(std::move(node));
}

int GraphBuilder::shuffle_channels(int x, int64_t groups) {
  Node node = make(Primitive::kShuffle, numbered("shuffle"), {x});
  require(node.shape.channels % groups == 0, node.name, "groups do not divide the channels");
  node.attributes.groups = groups;
  return append(std::move(node));
}

int GraphBuilder::relu_conv_bn(const std::string& name, int x, const ConvSpec& spec) {
  x = conv2d(name, relu(x), spec);
  return batch_norm(name + "_bn", x);
}

int GraphBuilder::factorized_reduction(const std::string& name, int x, int64_t channels,
                                       bool relu_first) {
  const auto inside = scope(name);
  if (relu_first) x = relu(x);
  const int64_t half = channels / 2;
  const int path1 = conv2d("path1_conv", x, {.channels = half, .stride_h = 2, .stride_w = 2});
  // One row and column of zeros at the end keep odd sizes equal on both paths.
  const int shifted = slice(pad(x, 0, 0, 1, 1), 1, 1);
  const int path2 =
      conv2d("path2_conv", shifted, {.channels = channels - half, .stride_h = 2, .stride_w = 2});
  return batch_norm("bn", concat({path1, path2}));
}

void GraphBuilder::end_point(const std::string& name, int node) {
  graph_.end_points.emplace_back(name, node);
}

void GraphBuilder::set_batch_norm(double epsilon, double momentum) {
  epsilon_ = epsilon;
  momentum_ = momentum;
}

void GraphBuilder::set_parts(int node, std::vector<Part> parts) {
  graph_.nodes.at(static_cast<size_t>(node)).parts = std::move(parts);
}

NetworkGraph GraphBuilder::finish(int logits, std::optional<int> auxiliary_logits,
                                  int64_t classes) {
  graph_.logits = logits;
  graph_.auxiliary_logits = auxiliary_logits;
  graph_.classes = classes;
  return live_graph(std::move(graph_));
}

}  // namespace nas::search_space
