#include "child_trainer/loss.h"

#include <ATen/ATen.h>

namespace nas::child_trainer {

at::Tensor loss_of(const at::Tensor& logits, const at::Tensor& targets, double label_smoothing) {
  if (targets.dim() == 2) {
    const at::Tensor smooth =
        label_smoothing > 0 ? targets * (1 - label_smoothing) + label_smoothing / 2 : targets;
    return at::binary_cross_entropy_with_logits(logits, smooth);
  }
  return at::cross_entropy_loss(logits, targets, {}, at::Reduction::Mean, -100, label_smoothing);
}

}  // namespace nas::child_trainer
