#include <ATen/ATen.h>

#include "child_trainer/score.h"

namespace nas::child_trainer {
namespace {

// The Euclidean norm of the loss's gradient at each of layer_weights(), summed (as in Abdelfattah
// et al. 2021).
double compute(Network& network, const Batch& batch) {
  double sum = 0;
  for (const auto& slope : loss_gradients(network, batch)) sum += slope.norm().item<double>();
  return sum;
}

const common::Register<Score> kRegister{{.name = "grad-norm",
                                         .summary = "Norm of the loss's gradient, layer by layer",
                                         .compute = compute}};

}  // namespace
}  // namespace nas::child_trainer
