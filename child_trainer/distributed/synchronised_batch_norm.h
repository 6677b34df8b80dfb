// Batch norm in training with the mean and variance of the images of all ranks.
#pragma once

#include "child_trainer/distributed/communicator.h"

namespace nas::child_trainer {

// Each [C].
struct BatchNormTensors {
  at::Tensor weight;
  at::Tensor bias;
  at::Tensor running_mean;  // updated, with the unbiased variance, as LibTorch's batch norm does
  at::Tensor running_var;
  double momentum = 0.1;
  double epsilon = 1e-5;
};

// x: [N, C, H, W], of any N > 0 on each rank. With one rank it is the ordinary batch norm up to
// rounding. The gradient of `weight` and `bias` is this rank's part; that of x is whole.
at::Tensor synchronised_batch_norm(const at::Tensor& x, const BatchNormTensors& tensors,
                                   Communicator& communicator);

}  // namespace nas::child_trainer
