// What tests of the trainer ask of tensors.
#pragma once

#include <ATen/ATen.h>

#include "child_trainer/network.h"
#include "common/random.h"

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

// Standard normal values, drawn anew for every seed.
inline at::Tensor random_tensor(const std::vector<int64_t>& shape, uint64_t seed) {
  common::RandomStream random({.seed = seed, .purpose = "random_tensor"});
  at::Tensor tensor = at::empty(shape);
  auto* data = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) data[i] = static_cast<float>(random.normal());
  return tensor;
}

}  // namespace nas::child_trainer
