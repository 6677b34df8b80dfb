// A whole training step, from its batch to the new weights, that a GPU is given in one call: else
// it waits for the CPU between the thousands of small kernels of such a network.
#pragma once

#include "child_trainer/optimizer.h"
#include "child_trainer/parallel_settings.h"
#include "child_trainer/step_masks.h"
#include "child_trainer/training_step.h"
#include "child_trainer/work_graph.h"

namespace nas::child_trainer {

// Why the steps of such a training cannot be recorded; empty where they can.
std::string graph_obstacle(const ParallelSettings& parallel, at::Device device, int64_t ranks);

// Throws ConfigError for --cuda-graph on where they cannot be.
void check_cuda_graph(const TrainSettings& settings, const ParallelSettings& parallel,
                      at::Device device, int64_t ranks);
// Whether they are; checks it, too.
bool records_steps(const TrainSettings& settings, const ParallelSettings& parallel,
                   at::Device device, int64_t ranks);

class StepGraph {
 public:
  // Run piece by piece, before one is recorded.
  static constexpr int kFirstSteps = 3;

  // `work`: of the network's device. It leaves every tensor of the network, the optimiser and the
  // sums where it is; so must others for as long as it lives.
  StepGraph(Network& network, Optimizer& optimizer, const TrainSettings& settings, StepSums& sums,
            std::unique_ptr<WorkGraph> work);

  // One step, with the same numbers whether it is recorded or not: batch, masks and learning rate
  // are put where the recorded step reads them. pass: as for forward_loss(). A step that cannot be
  // recorded is run piece by piece, as are those after it, with a warning that says why; with
  // --cuda-graph on it throws. Throws InternalError for a batch of another size than the first.
  void step(const Batch& batch, double learning_rate, const Pass& pass);

  bool recorded() const { return recorded_; }
  // Of the last step: a scalar, which the next one overwrites.
  const at::Tensor& loss() const { return loss_; }

 private:
  void load(const Batch& batch, double learning_rate, const Pass& pass);
  void compute();
  void record();

  Network& network_;
  Optimizer& optimizer_;
  const TrainSettings settings_;
  StepSums& sums_;
  Batch batch_;
  std::unique_ptr<StepMasks> masks_;  // made with the first batch
  at::Tensor loss_;
  int steps_ = 0;  // up to kFirstSteps
  bool recorded_ = false;
  bool gave_up_ = false;
  std::unique_ptr<WorkGraph> work_;  // ends before what it works on
};

}  // namespace nas::child_trainer
