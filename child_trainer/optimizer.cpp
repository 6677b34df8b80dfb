#include "child_trainer/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace nas::child_trainer {

Optimizer::Optimizer(const Network& network, const TrainSettings& settings) : settings_(settings) {
  groups_.resize(2);
  groups_[0].weight_decay = settings.weight_decay;
  for (const auto& [name, parameter] : network.parameters()) {
    Group& group = groups_[parameter.dim() > 1 ? 0 : 1];  // batch norms and biases are vectors
    group.parameters.push_back(parameter);
    group.momentum.push_back(at::zeros_like(parameter));
    momentum_[name] = group.momentum.back();
  }
}

void Optimizer::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> norms;
  for (auto& group : groups_) {
    for (auto& parameter : group.parameters) {
      // A parameter that the loss does not reach has no gradient.
      if (!parameter.grad().defined()) parameter.mutable_grad() = at::zeros_like(parameter);
    }
  }
  if (settings_.clip > 0) {
    for (const auto& group : groups_) {
      std::vector<at::Tensor> gradients;
      for (const auto& parameter : group.parameters) gradients.push_back(parameter.grad());
      for (auto& norm : at::_foreach_norm(gradients, 2)) norms.push_back(norm);
    }
    const at::Tensor total = at::stack(norms).norm();
    const at::Tensor factor = at::clamp_max(settings_.clip / (total + 1e-6), 1.0);
    for (const auto& group : groups_) {
      for (const auto& parameter : group.parameters) parameter.grad().mul_(factor);
    }
  }
  for (auto& group : groups_) {
    if (group.parameters.empty()) continue;
    std::vector<at::Tensor> gradients;
    for (const auto& parameter : group.parameters) gradients.push_back(parameter.grad());
    const std::vector<at::Tensor> none;
    at::_fused_sgd_(group.parameters, gradients, settings_.momentum > 0 ? group.momentum : none,
                    group.weight_decay, settings_.momentum, learning_rate,
                    /*dampening=*/0.0, /*nesterov=*/settings_.momentum > 0, /*maximize=*/false,
                    /*is_first_step=*/steps_ == 0);
    for (auto& parameter : group.parameters) parameter.mutable_grad().reset();
  }
  ++steps_;
}

}  // namespace nas::child_trainer
