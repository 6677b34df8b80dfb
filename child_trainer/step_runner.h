// Takes the steps of a training: forward and backward through the parts of a batch, the sum over
// the ranks, the update.
#pragma once

#include "child_trainer/distributed/gradient_reducer.h"
#include "child_trainer/step_graph.h"

namespace nas::child_trainer {

class StepRunner {
 public:
  // All of these outlive it. Throws ConfigError for --cuda-graph on where that cannot be.
  StepRunner(Network& network, const TrainSettings& settings, const ParallelSettings& parallel,
             Communicator& communicator);

  // Step `index` of the epoch of `batches`. pass: as for forward_loss().
  void step(EpochBatches& batches, int64_t index, double learning_rate, const Pass& pass);

  Optimizer& optimizer() { return optimizer_; }
  // Every step adds this rank's part of its batch.
  StepSums& sums() { return sums_; }

 private:
  Network& network_;
  const TrainSettings& settings_;
  const int64_t passes_;
  Optimizer optimizer_;
  GradientReducer reducer_;
  StepSums sums_;
  std::unique_ptr<StepGraph> graph_;  // null: steps are run kernel by kernel
};

}  // namespace nas::child_trainer
