// How long a training step takes, and its parts.
#pragma once

#include <memory>

#include "child_trainer/batches.h"
#include "child_trainer/optimizer.h"
#include "child_trainer/step_graph.h"

namespace nas::child_trainer {

struct StepSeconds {
  double data = 0.0;  // getting the batch
  double forward = 0.0;
  double backward = 0.0;
  double optimizer = 0.0;

  double whole() const { return data + forward + backward + optimizer; }
};

// Takes the steps of a Trainer one by one, epoch after epoch, at the settings' first learning rate
// and last drop-path rate.
class StepTimer {
 public:
  // `images` must outlive it.
  StepTimer(const search_space::NetworkGraph& graph, const TrainSettings& settings,
            const DeviceSplit& images, at::Device device, uint64_t seed);

  // With `parts` a GPU is waited for at the end of each part; without, what it returns says only
  // how long the CPU took to give it the work, which --cuda-graph has it given in one call.
  StepSeconds step(bool parts);
  // Steps without `parts` that are slower than those after them.
  int warm_up_steps() const { return graph_ ? StepGraph::kFirstSteps + 1 : 1; }
  void wait() const;  // until the device has done all that it was given

  const at::Tensor& loss() const { return loss_; }  // of the last step; a scalar
  Network& network() { return network_; }

  // The batches of an epoch: step n trains on batch n % count() of epoch n / count(), from 0.
  std::unique_ptr<EpochBatches> epoch(int64_t number) const;

 private:
  TrainSettings settings_;
  const DeviceSplit& images_;
  uint64_t seed_;
  Network network_;
  Optimizer optimizer_;
  StepSums sums_;
  std::unique_ptr<StepGraph> graph_;  // null: steps are run kernel by kernel
  std::unique_ptr<EpochBatches> batches_;
  int64_t steps_ = 0;
  at::Tensor loss_;
};

// Seconds of one whole step on random images, after warm-up steps; the smaller of two.
double seconds_a_step(const search_space::NetworkGraph& graph, const TrainSettings& settings,
                      at::Device device);

}  // namespace nas::child_trainer
