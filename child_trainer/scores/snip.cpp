#include <ATen/ATen.h>

#include "child_trainer/score.h"

namespace nas::child_trainer {
namespace {

// Single-shot network pruning (Lee et al. 2019): sum |w dL/dw| over layer_weights(), how much the
// loss L would change if weights were taken out one by one.
double compute(Network& network, const Batch& batch) {
  const auto weights = layer_weights(network);
  const auto slopes = loss_gradients(network, batch);
  double sum = 0;
  for (size_t i = 0; i < weights.size(); ++i)
    sum += (weights[i] * slopes[i]).abs().sum().item<double>();
  return sum;
}

const common::Register<Score> kRegister{
    {.name = "snip",
     .summary = "How much the loss would change without each of the weights, summed",
     .compute = compute}};

}  // namespace
}  // namespace nas::child_trainer
