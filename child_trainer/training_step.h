// From a batch to its loss: what a training step computes before the backward pass.
#pragma once

#include "child_trainer/batches.h"
#include "child_trainer/network.h"
#include "child_trainer/train_settings.h"

namespace nas::child_trainer {

struct StepLoss {
  at::Tensor loss;    // a scalar, with the graph for backward()
  at::Tensor logits;  // [N, classes], without it
};

// In the settings' precision, with their label smoothing and the auxiliary head's share.
// The losses of the parts of a step's batch add up to its own. pass: of this step, with its present
// drop-path rate and its key.
StepLoss forward_loss(Network& network, const Batch& batch, const TrainSettings& settings,
                      Pass pass);

// Sums over the steps of an epoch, on the device, so that no step waits for it.
class StepSums {
 public:
  explicit StepSums(at::Device device);

  void set(double loss, double correct);
  // correct: images whose best-scored label is right; several labels an image: none.
  void add(const StepLoss& step, const at::Tensor& targets);
  // float64 [2], loss and correct, on the CPU: a copy. Waits for the device.
  at::Tensor read() const;

 private:
  at::Tensor loss_;
  at::Tensor correct_;
};

}  // namespace nas::child_trainer
