#include "child_trainer/network.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "child_trainer/primitives.h"

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
}

void Network::recompute(bool recompute) {
  if (recompute == recompute_) return;
  recompute_ = recompute;
  by_kernels_.reset();
  by_torch_.reset();
}

void Network::to_double() {
  const at::NoGradGuard no_grad;
  for (const NamedTensors* tensors : {&parameters_, &buffers_}) {
    for (const auto& [name, tensor] : *tensors) tensor.set_data(tensor.to(at::kDouble));
  }
}

bool Network::kernels_fit(const at::Tensor& images, const Pass& pass) const {
  const auto is_float = [](const auto& named) { return named.second.scalar_type() == at::kFloat; };
  return use_kernels_ && device_.is_cpu() && images.scalar_type() == at::kFloat && !pass.observe &&
         !images.requires_grad() && !at::autocast::is_autocast_enabled(at::kCPU) &&
         (pass.training || !at::GradMode::is_enabled()) &&
         std::all_of(parameters_.begin(), parameters_.end(), is_float);
}

Scores Network::forward(const at::Tensor& images, const Pass& pass) {
  const auto run_by = [&](auto& runner) {
    using Runner = std::remove_reference_t<decltype(*runner)>;
    if (!runner)
      runner = std::make_unique<Runner>(graph_, node_parameters_, node_buffers_, recompute_);
    return runner->forward(images, pass);
  };
  return kernels_fit(images, pass) ? run_by(by_kernels_) : run_by(by_torch_);
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
