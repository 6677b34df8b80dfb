// SGD with Nesterov momentum on flat buffers.
#pragma once

#include "child_trainer/flat_parameters.h"
#include "child_trainer/train_settings.h"

namespace nas::child_trainer {

class Optimizer {
 public:
  // Moves the network's parameters into flat buffers of its own; at the end of a network's set-up
  // (to_double() moves them out again).
  Optimizer(const Network& network, const TrainSettings& settings);

  // Clips the gradients, applies them, and sets them to zero.
  void step(double learning_rate);

  const FlatParameters& parameters() const { return flat_; }
  // Momentum by parameter name: views.
  const NamedTensors& momentum() const { return momentum_; }
  // All of it, one buffer for each group of parameters() that is not empty.
  const std::vector<at::Tensor>& flat_momentum() const { return flat_momentum_; }
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }  // after momentum() was restored

 private:
  void clip() const;

  const TrainSettings settings_;
  FlatParameters flat_;
  std::vector<at::Tensor> flat_momentum_;
  NamedTensors momentum_;
  std::vector<at::Tensor> gradients_;  // views, in the order in which their norms are added
  int64_t steps_ = 0;
};

}  // namespace nas::child_trainer
