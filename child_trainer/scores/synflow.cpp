#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "child_trainer/score.h"

namespace nas::child_trainer {
namespace {

// Synaptic flow (Tanaka et al. 2020): R is the sum of the logits of an image of ones when every
// weight is replaced by its magnitude; the score is log(1 + sum |w dR/dw|) over layer_weights().
// As in Abdelfattah et al. (2021) without batch norms: untrained ones in evaluation pass on what
// they read. In float64: R grows with the width of every layer, to 1e100 and more.
double compute(Network& network, const Batch&) {
  network.to_double();
  {
    const at::NoGradGuard no_grad;
    for (const auto& [name, parameter] : network.parameters()) parameter.abs_();
  }
  const auto& shape = network.graph().nodes[0].shape;
  const at::Tensor image = at::ones({1, shape.channels, shape.height, shape.width},
                                    at::TensorOptions(network.device()).dtype(at::kDouble));
  const auto weights = layer_weights(network);
  const auto slopes = gradients(network.forward(image, {.training = false}).logits, weights);
  double flow = 0;
  for (size_t i = 0; i < weights.size(); ++i)
    flow += (weights[i] * slopes[i]).abs().sum().item<double>();
  return std::log1p(flow);
}

const common::Register<Score> kRegister{
    {.name = "synflow",
     .summary = "Synaptic flow: how much of the weights' magnitude reaches the logits (log)",
     .needs_batch = false,
     .compute = compute}};

}  // namespace
}  // namespace nas::child_trainer
