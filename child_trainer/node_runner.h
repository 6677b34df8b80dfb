// Runs a network graph node by node by LibTorch's operators, on any device and in any precision.
#pragma once

#include <memory>

#include "child_trainer/primitives.h"

namespace nas::child_trainer {

struct NodeProgram;

class NodeRunner {
 public:
  // Shares the tensors. recompute: a pass in training keeps little for the backward pass, which
  // computes the rest anew (segments.h); an observed one keeps all.
  NodeRunner(search_space::NetworkGraph graph, NodeTensors parameters, NodeTensors buffers,
             bool recompute);

  // images: float [N, 3, H, W].
  Scores forward(const at::Tensor& images, const Pass& pass) const;

 private:
  std::shared_ptr<const NodeProgram> program_;
};

// Bytes of values and gradients, of one image, that a training with `recompute` needs at the most:
// an estimate.
int64_t recomputed_bytes(const search_space::NetworkGraph& graph);

}  // namespace nas::child_trainer
