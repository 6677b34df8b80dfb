#include "child_trainer/score.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "child_trainer/loss.h"
#include "common/error.h"

namespace nas::child_trainer {

namespace {

// While it lives, the network computes with copies of its weights and buffers, and by LibTorch's
// operators, as scores ask autograd for gradients of their own.
class Copies {
 public:
  explicit Copies(Network& network) : network_(network), kernels_(network.uses_kernels()) {
    network_.use_kernels(false);
    for (const NamedTensors* tensors : {&network.parameters(), &network.buffers()}) {
      for (const auto& [name, tensor] : *tensors) {
        originals_.push_back({tensor, tensor.detach(), tensor.grad()});
        tensor.set_data(tensor.detach().clone());
      }
    }
  }
  ~Copies() {
    network_.use_kernels(kernels_);
    for (auto& [tensor, data, gradient] : originals_) {
      tensor.set_data(data);
      tensor.mutable_grad() = gradient;
    }
  }
  Copies(const Copies&) = delete;
  Copies& operator=(const Copies&) = delete;

 private:
  struct Original {
    at::Tensor tensor;
    at::Tensor data;
    at::Tensor gradient;
  };
  Network& network_;
  bool kernels_;
  std::vector<Original> originals_;
};

}  // namespace

double compute_score(const Score& score, Network& network, const Batch& batch) {
  const at::AutoGradMode with_gradients(true);
  const Copies copies(network);
  const double value = score.compute(network, batch);
  if (!std::isfinite(value))
    throw common::TrialError({.where = score.name, .what = "the score is not a finite number"});
  return value;
}

std::vector<at::Tensor> layer_weights(const Network& network) {
  using search_space::Primitive;
  std::vector<at::Tensor> weights;
  for (const auto& node : network.graph().nodes) {
    const bool layer = node.kind == Primitive::kConv2d || node.kind == Primitive::kLinear;
    if (layer && !node.auxiliary)
      weights.push_back(network.parameters().at(node.parameters[0].name));
  }
  return weights;
}

std::vector<at::Tensor> gradients(const at::Tensor& output, const std::vector<at::Tensor>& inputs) {
  auto result = torch::autograd::grad({output.sum()}, inputs, {}, /*retain_graph=*/false,
                                      /*create_graph=*/false, /*allow_unused=*/true);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!result[i].defined()) result[i] = at::zeros_like(inputs[i]);
  }
  return result;
}

std::vector<at::Tensor> loss_gradients(Network& network, const Batch& batch) {
  const Scores scores = network.forward(batch.images, {.training = true});
  return gradients(loss_of(scores.logits, batch.targets), layer_weights(network));
}

}  // namespace nas::child_trainer
