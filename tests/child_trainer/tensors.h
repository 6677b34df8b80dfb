// What tests of the trainer ask of tensors.
#pragma once

#include <ATen/ATen.h>

#include "child_trainer/network.h"

namespace nas::child_trainer {

inline const at::Device kCpu(at::kCPU);

// The same names, and for each the same values, bit for bit.
inline bool same(const NamedTensors& one, const NamedTensors& other) {
  if (one.size() != other.size()) return false;
  for (const auto& [name, tensor] : one) {
    if (other.count(name) == 0 || !at::equal(tensor, other.at(name))) return false;
  }
  return true;
}

}  // namespace nas::child_trainer
