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

  // Of the steps from now on. It lies on the device, where a step that was recorded finds it.
  void set_learning_rate(double learning_rate);
  // Clips the gradients, applies them, and sets them to zero.
  void step();
  void step(double learning_rate) {
    set_learning_rate(learning_rate);
    step();
  }

  const FlatParameters& parameters() const { return flat_; }
  // Momentum by parameter name: views.
  const NamedTensors& momentum() const { return momentum_; }
  // All of it, one buffer for each group of parameters() that is not empty.
  const std::vector<at::Tensor>& flat_momentum() const { return flat_momentum_; }

 private:
  void clip() const;

  const TrainSettings settings_;
  FlatParameters flat_;
  std::vector<at::Tensor> flat_momentum_;
  NamedTensors momentum_;
  std::vector<at::Tensor> gradients_;  // views, in the order in which their norms are added
  at::Tensor learning_rate_;           // a scalar
};

}  // namespace nas::child_trainer
