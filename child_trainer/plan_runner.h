// Runs a plan forward and backward on the CPU in float32: the kernels where a step has one,
// LibTorch's operators elsewhere, all buffers in one block of memory.
//
// Equal inputs give equal bits for an equal number of threads on processors of one kind.
#pragma once

#include <memory>

#include "child_trainer/plan.h"
#include "child_trainer/primitives.h"

namespace nas::child_trainer {

struct PlanState;

class PlanRunner {
 public:
  // Shares the tensors: 4-d parameters are dense in channels-last order. recompute: see fuse().
  PlanRunner(search_space::NetworkGraph graph, NodeTensors parameters, NodeTensors buffers,
             bool recompute);
  ~PlanRunner();

  // images: float32 [N, 3, H, W]. In training, backward() of a loss of the scores adds to the
  // gradients of the parameters; it must come before the next forward().
  Scores forward(const at::Tensor& images, const Pass& pass);

 private:
  std::shared_ptr<PlanState> state_;
};

}  // namespace nas::child_trainer
