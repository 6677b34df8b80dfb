// SGD with Nesterov momentum, fused over lists of tensors.
#pragma once

#include "child_trainer/network.h"
#include "child_trainer/train_settings.h"

namespace nas::child_trainer {

class Optimizer {
 public:
  Optimizer(const Network& network, const TrainSettings& settings);

  // Clips the gradients, applies them, and forgets them.
  void step(double learning_rate);

  // Momentum by parameter name.
  const NamedTensors& momentum() const { return momentum_; }
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }  // after momentum() was restored

 private:
  struct Group {
    double weight_decay = 0.0;
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> momentum;
  };

  const TrainSettings settings_;
  std::vector<Group> groups_;
  NamedTensors momentum_;
  int64_t steps_ = 0;
};

}  // namespace nas::child_trainer
