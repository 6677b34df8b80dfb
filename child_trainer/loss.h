// What training makes smaller.
#pragma once

#include <ATen/core/Tensor.h>

namespace nas::child_trainer {

// The mean over a batch: cross-entropy where targets are int64 [N], binary cross-entropy where they
// are float [N, K] (several labels an image). logits: [N, K]; label_smoothing in [0, 1).
at::Tensor loss_of(const at::Tensor& logits, const at::Tensor& targets,
                   double label_smoothing = 0.0);

}  // namespace nas::child_trainer
