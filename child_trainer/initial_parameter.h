// What a parameter is before it is trained.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "common/random.h"
#include "search_space/network_graph.h"

namespace nas::child_trainer {

// Parameter number `parameter` of the node, or a slice of it: float32 of this shape, a leaf that
// requires a gradient, 4-d ones in channels-last order. He normal by fan-out for convolutions,
// uniform(±1/sqrt(fan-in)) for linear layers, 1 and 0 for batch norms; drawn from (seed, trial,
// name), on any device the same.
at::Tensor initial_parameter(const search_space::Node& node, size_t parameter,
                             const std::string& name, const std::vector<int64_t>& shape,
                             at::Device device, common::RandomKey key);

}  // namespace nas::child_trainer
