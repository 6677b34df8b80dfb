#include "child_trainer/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace nas::child_trainer {

Optimizer::Optimizer(const Network& network, const TrainSettings& settings)
    : settings_(settings), flat_(network) {
  for (const auto& group : flat_.groups()) {
    if (group.slots.empty()) continue;
    flat_momentum_.push_back(at::zeros_like(group.values));
    NamedTensors gradients;
    for (const auto& slot : group.slots) {
      momentum_[slot.name] = slot.in(flat_momentum_.back());
      gradients[slot.name] = slot.in(group.gradients);
    }
    for (const auto& [name, gradient] : gradients) gradients_.push_back(gradient);
  }
}

void Optimizer::clip() const {
  const at::Tensor total = at::stack(at::_foreach_norm(gradients_, 2)).norm();
  const at::Tensor factor = at::clamp_max(settings_.clip / (total + 1e-6), 1.0);
  for (const auto& group : flat_.groups()) {
    if (!group.slots.empty()) group.gradients.mul_(factor);
  }
}

void Optimizer::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  if (settings_.clip > 0) clip();
  size_t used = 0;
  for (const auto& group : flat_.groups()) {
    if (group.slots.empty()) continue;
    const bool decays = &group == &flat_.weights();
    const std::vector<at::Tensor> momentum = {flat_momentum_[used++]};
    at::_fused_sgd_({group.values}, {group.gradients},
                    settings_.momentum > 0 ? at::TensorList(momentum) : at::TensorList(),
                    decays ? settings_.weight_decay : 0.0, settings_.momentum, learning_rate,
                    /*dampening=*/0.0, /*nesterov=*/settings_.momentum > 0, /*maximize=*/false,
                    /*is_first_step=*/steps_ == 0);
    group.gradients.zero_();
  }
  ++steps_;
}

}  // namespace nas::child_trainer
