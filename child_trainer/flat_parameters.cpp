#include "child_trainer/flat_parameters.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace nas::child_trainer {

namespace {

constexpr int64_t kLineValues = 16;

int64_t aligned(int64_t count) { return (count + kLineValues - 1) / kLineValues * kLineValues; }

}  // namespace

at::Tensor FlatSlot::in(const at::Tensor& buffer) const {
  return buffer.as_strided(parameter.sizes(), parameter.strides(), begin);
}

FlatParameters::FlatParameters(const Network& network) {
  const at::NoGradGuard no_grad;
  groups_.resize(2);
  const auto& nodes = network.graph().nodes;
  std::vector<int64_t> sizes(2, 0);
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    for (const auto& spec : node->parameters) {
      const at::Tensor& parameter = network.parameters().at(spec.name);
      const size_t group = parameter.dim() > 1 ? 0 : 1;
      groups_[group].slots.push_back({.name = spec.name,
                                      .parameter = parameter,
                                      .begin = sizes[group],
                                      .count = parameter.numel()});
      sizes[group] += aligned(parameter.numel());
    }
  }
  for (size_t i = 0; i < groups_.size(); ++i) {
    FlatGroup& group = groups_[i];
    if (group.slots.empty()) continue;
    const auto options = group.slots[0].parameter.options().requires_grad(false);
    group.values = at::zeros({sizes[i]}, options);
    group.gradients = at::zeros({sizes[i]}, options);
    for (const auto& slot : group.slots) {
      const at::Tensor view = slot.in(group.values);
      view.copy_(slot.parameter);
      slot.parameter.set_data(view);
      slot.parameter.mutable_grad() = slot.in(group.gradients);
    }
  }
}

}  // namespace nas::child_trainer
