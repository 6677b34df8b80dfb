// The random masks of a training step, drawn before it: a device is given them in one piece, and a
// step that was recorded finds those of each replay in the same place.
#pragma once

#include "child_trainer/primitives.h"

namespace nas::child_trainer {

class StepMasks {
 public:
  // Of the dropout and drop-path nodes of `graph`, for batches of `samples` images.
  StepMasks(const search_space::NetworkGraph& graph, int64_t samples, at::Device device);

  // The numbers that the nodes would draw themselves in such a pass. Returns whether the same nodes
  // have masks as after the last call: only then does a recorded step do the same work.
  bool draw(const Pass& pass);

  // For Pass::masks. A node's mask always lies in the same place; undefined at nodes without one,
  // and where nothing is dropped.
  const std::vector<at::Tensor>& by_node() const { return by_node_; }

 private:
  struct Slot {
    size_t node = 0;
    int64_t begin = 0;  // in values_
    int64_t count = 0;
  };

  const search_space::NetworkGraph& graph_;
  int64_t samples_;
  std::vector<Slot> slots_;
  at::Tensor values_;  // float, all masks one behind the other
  std::vector<at::Tensor> by_node_;
};

}  // namespace nas::child_trainer
