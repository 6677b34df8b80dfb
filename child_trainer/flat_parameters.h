// The parameters of a network in a few flat buffers, so that an update is one pass over memory, and
// a sum over ranks one message.
#pragma once

#include <vector>

#include "child_trainer/network.h"

namespace nas::child_trainer {

// One parameter's place in the buffers of its group.
struct FlatSlot {
  std::string name;
  at::Tensor parameter;
  int64_t begin = 0;  // a multiple of 16 numbers: 64 bytes
  int64_t count = 0;  // numbers; up to the next slot there are zeros

  // Its view of a buffer of its group, with the parameter's shape and strides.
  at::Tensor in(const at::Tensor& buffer) const;
};

// values, gradients: [n]; the latter are zeros until a backward pass adds to them.
struct FlatGroup {
  at::Tensor values;
  at::Tensor gradients;
  std::vector<FlatSlot> slots;  // those that a forward pass uses last come first
};

class FlatParameters {
 public:
  // Moves the network's parameters, which stay the tensors that they are, into the buffers, and
  // gives each a gradient there.
  explicit FlatParameters(const Network& network);

  const FlatGroup& weights() const { return groups_[0]; }
  const FlatGroup& vectors() const { return groups_[1]; }  // batch norms and biases
  const std::vector<FlatGroup>& groups() const { return groups_; }

 private:
  std::vector<FlatGroup> groups_;
};

}  // namespace nas::child_trainer
