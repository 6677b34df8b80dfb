#include "child_trainer/network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <array>
#include <cmath>

#include "child_trainer/distributed/synchronised_batch_norm.h"
#include "common/error.h"

namespace nas::child_trainer {

using search_space::Node;
using search_space::Primitive;

namespace {

// Names carry the key, so that a weight starts the same wherever its layer stands in the graph.
at::Tensor initial_value(const Node& node, const search_space::TensorSpec& spec,
                         common::RandomKey key) {
  at::Tensor value = at::zeros(spec.shape);
  const bool is_weight = spec.name.size() > 7 && spec.name.ends_with(".weight");
  if (!is_weight) return value;
  if (node.kind == Primitive::kBatchNorm) return value.fill_(1.0);
  const std::string purpose = "init " + spec.name;
  key.purpose = purpose;
  common::RandomStream random(key);
  auto* data = value.data_ptr<float>();
  if (node.kind == Primitive::kLinear) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(spec.shape[1]));
    for (int64_t i = 0; i < value.numel(); ++i)
      data[i] = static_cast<float>(random.uniform(-bound, bound));
    return value;
  }
  const auto& a = node.attributes;
  const double fan_out = static_cast<double>(spec.shape[0] / a.groups * a.kernel_h * a.kernel_w);
  const double deviation = std::sqrt(2.0 / fan_out);
  for (int64_t i = 0; i < value.numel(); ++i)
    data[i] = static_cast<float>(deviation * random.normal());
  return value;
}

struct Site {
  const Node& node;
  const std::vector<at::Tensor>& parameters;
  const std::vector<at::Tensor>& buffers;
  const Pass& pass;
  uint64_t index;
};

using Inputs = std::vector<at::Tensor>;

at::Tensor run_conv(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  const at::Tensor bias = site.parameters.size() > 1 ? site.parameters[1] : at::Tensor();
  return at::conv2d(x[0], site.parameters[0], bias, {a.stride_h, a.stride_w}, {a.top, a.left},
                    {a.dilation, a.dilation}, a.groups);
}

at::Tensor run_batch_norm(const Inputs& x, const Site& site) {
  if (site.pass.training && site.pass.synchronise != nullptr) {
    return synchronised_batch_norm(x[0],
                                   {.weight = site.parameters[0],
                                    .bias = site.parameters[1],
                                    .running_mean = site.buffers[0],
                                    .running_var = site.buffers[1],
                                    .momentum = site.node.attributes.momentum,
                                    .epsilon = site.node.attributes.epsilon},
                                   *site.pass.synchronise);
  }
  return at::batch_norm(x[0], site.parameters[0], site.parameters[1], site.buffers[0],
                        site.buffers[1], site.pass.training, site.node.attributes.momentum,
                        site.node.attributes.epsilon, true);
}

at::Tensor run_relu(const Inputs& x, const Site&) { return at::relu(x[0]); }

at::Tensor run_max_pool(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  return at::max_pool2d(x[0], {a.kernel_h, a.kernel_w}, {a.stride_h, a.stride_w}, {a.top, a.left});
}

at::Tensor run_avg_pool(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  return at::avg_pool2d(x[0], {a.kernel_h, a.kernel_w}, {a.stride_h, a.stride_w}, {a.top, a.left},
                        false,
                        /*count_include_pad=*/false);
}

at::Tensor run_add(const Inputs& x, const Site&) {
  at::Tensor sum = at::add(x[0], x[1]);
  for (size_t i = 2; i < x.size(); ++i) sum.add_(x[i]);
  return sum;
}

at::Tensor run_concat(const Inputs& x, const Site&) { return at::cat(x, 1); }

at::Tensor run_pad(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  return at::constant_pad_nd(x[0], {a.left, a.right, a.top, a.bottom});
}

at::Tensor run_slice(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  return x[0].slice(2, a.top).slice(3, a.left);
}

at::Tensor run_zeros(const Inputs& x, const Site& site) {
  const auto& shape = site.node.shape;
  return at::zeros({x[0].size(0), shape.channels, shape.height, shape.width}, x[0].options())
      .contiguous(at::MemoryFormat::ChannelsLast);
}

// A mean instead of adaptive pooling: the latter's backward is not deterministic on CUDA.
at::Tensor run_global_avg_pool(const Inputs& x, const Site&) { return x[0].mean({2, 3}, true); }

at::Tensor run_linear(const Inputs& x, const Site& site) {
  return at::linear(x[0].flatten(1), site.parameters[0], site.parameters[1]);
}

// Zeros, and 1 / keep for each number that is kept. A sample's numbers depend on its place in the
// step's batch, not on the part of it that this rank sees. shape[0] counts samples.
at::Tensor random_mask(at::IntArrayRef shape, double keep, const std::string& purpose,
                       const Site& site) {
  common::RandomKey key = site.pass.key;
  key.purpose = purpose;
  key.index = site.index;
  common::RandomStream random(key);
  at::Tensor mask = at::empty(shape);
  random.skip(static_cast<uint64_t>(site.pass.first_image * mask.numel() / mask.size(0)));
  auto* data = mask.data_ptr<float>();
  for (int64_t i = 0; i < mask.numel(); ++i)
    data[i] = random.chance(keep) ? static_cast<float>(1.0 / keep) : 0.0F;
  return mask;
}

at::Tensor run_dropout(const Inputs& x, const Site& site) {
  if (!site.pass.training) return x[0];
  const double keep = 1.0 - site.node.attributes.rate;
  return x[0] * random_mask(x[0].sizes(), keep, "dropout", site).to(x[0].device());
}

// One mask a sample, divided by the keep probability.
at::Tensor run_drop_path(const Inputs& x, const Site& site) {
  const double rate = site.pass.drop_path * site.node.attributes.depth_ratio;
  if (!site.pass.training || rate <= 0) return x[0];
  const at::Tensor mask = random_mask({x[0].size(0), 1, 1, 1}, 1.0 - rate, "drop_path", site);
  return x[0] * mask.to(x[0].device());
}

at::Tensor run_sigmoid(const Inputs& x, const Site&) { return at::sigmoid(x[0]); }
at::Tensor run_mul(const Inputs& x, const Site&) { return x[0] * x[1]; }

at::Tensor run_unsupported(const Inputs&, const Site& site) {
  throw common::InternalError({.where = site.node.name,
                               .what = "this primitive cannot be run",
                               .got = search_space::primitive_text(site.node.kind)});
}

using Runner = at::Tensor (*)(const Inputs&, const Site&);

// In the order of search_space::Primitive.
constexpr std::array<Runner, 18> kRunners = {
    run_unsupported,  // input: given
    run_conv,        run_batch_norm, run_relu,    run_max_pool, run_avg_pool,        run_add,
    run_concat,      run_pad,        run_slice,   run_zeros,    run_global_avg_pool, run_linear,
    run_dropout,     run_drop_path,  run_sigmoid, run_mul,      run_unsupported};

}  // namespace

Network::Network(search_space::NetworkGraph graph, at::Device device, const common::RandomKey& key)
    : graph_(std::move(graph)), device_(device) {
  const size_t count = graph_.nodes.size();
  node_parameters_.resize(count);
  node_buffers_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const Node& node = graph_.nodes[i];
    for (const auto& spec : node.parameters) {
      at::Tensor value = initial_value(node, spec, key);
      if (value.dim() == 4) value = value.contiguous(at::MemoryFormat::ChannelsLast);
      value = value.to(device_).set_requires_grad(true);
      node_parameters_[i].push_back(value);
      parameters_[spec.name] = value;
    }
    for (const auto& spec : node.buffers) {
      const bool variance = spec.name.ends_with("running_var");
      at::Tensor value = (variance ? at::ones(spec.shape) : at::zeros(spec.shape)).to(device_);
      node_buffers_[i].push_back(value);
      buffers_[spec.name] = value;
    }
  }
  std::vector<int> last_reader(count, -1);
  for (size_t i = 0; i < count; ++i) {
    for (const int input : graph_.nodes[i].inputs)
      last_reader[static_cast<size_t>(input)] = static_cast<int>(i);
  }
  dead_after_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const bool result =
        static_cast<int>(i) == graph_.logits || static_cast<int>(i) == graph_.auxiliary_logits;
    if (last_reader[i] >= 0 && !result)
      dead_after_[static_cast<size_t>(last_reader[i])].push_back(static_cast<int>(i));
  }
}

void Network::to_double() {
  const at::NoGradGuard no_grad;
  for (const NamedTensors* tensors : {&parameters_, &buffers_}) {
    for (const auto& [name, tensor] : *tensors) tensor.set_data(tensor.to(at::kDouble));
  }
}

Scores Network::forward(const at::Tensor& images, const Pass& pass) {
  std::vector<at::Tensor> values(graph_.nodes.size());
  values[0] = images;
  Inputs inputs;
  for (size_t i = 1; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.auxiliary && !pass.training) continue;
    inputs.clear();
    for (const int input : node.inputs) inputs.push_back(values[static_cast<size_t>(input)]);
    values[i] = kRunners[static_cast<size_t>(node.kind)](
        inputs, {node, node_parameters_[i], node_buffers_[i], pass, static_cast<uint64_t>(i)});
    if (pass.observe) pass.observe(node, inputs, values[i]);
    for (const int dead : dead_after_[i]) values[static_cast<size_t>(dead)].reset();
  }
  Scores scores{.logits = values[static_cast<size_t>(graph_.logits)], .auxiliary = {}};
  if (pass.training && graph_.auxiliary_logits)
    scores.auxiliary = values[static_cast<size_t>(*graph_.auxiliary_logits)];
  return scores;
}

NamedTensors Network::state(bool with_auxiliary) const {
  NamedTensors state;
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    if (node.auxiliary && !with_auxiliary) continue;
    for (size_t p = 0; p < node.parameters.size(); ++p)
      state[node.parameters[p].name] = node_parameters_[i][p];
    for (size_t b = 0; b < node.buffers.size(); ++b)
      state[node.buffers[b].name] = node_buffers_[i][b];
  }
  return state;
}

}  // namespace nas::child_trainer
