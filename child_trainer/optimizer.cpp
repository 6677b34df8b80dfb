#include "child_trainer/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace nas::child_trainer {

Optimizer::Optimizer(const Network& network, const TrainSettings& settings)
    : settings_(settings),
      flat_(network),
      // CUDA's kernels read it as float32.
      learning_rate_(at::zeros({}, at::TensorOptions()
                                       .dtype(network.device().is_cuda() ? at::kFloat : at::kDouble)
                                       .device(network.device()))) {
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

void Optimizer::set_learning_rate(double learning_rate) { learning_rate_.fill_(learning_rate); }

void Optimizer::step() {
  const at::NoGradGuard no_grad;
  if (settings_.clip > 0) clip();
  size_t used = 0;
  for (const auto& group : flat_.groups()) {
    if (group.slots.empty()) continue;
    const bool decays = &group == &flat_.weights();
    const std::vector<at::Tensor> momentum = {flat_momentum_[used++]};
    at::_fused_sgd_({group.values}, {group.gradients},
                    settings_.momentum > 0 ? at::TensorList(momentum) : at::TensorList(),
                    decays ? settings_.weight_decay : 0.0, settings_.momentum, learning_rate_,
                    /*dampening=*/0.0, /*nesterov=*/settings_.momentum > 0, /*maximize=*/false,
                    // Before the first step the momentum is zeros, which gives the same.
                    /*is_first_step=*/false);
    group.gradients.zero_();
  }
}

}  // namespace nas::child_trainer
