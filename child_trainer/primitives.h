// Runs one primitive of a network graph by LibTorch's operators.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "common/random.h"
#include "search_space/network_graph.h"

namespace nas::child_trainer {

class Communicator;

// Sees every node that is run: the values that it read and what it made of them. For scores.
using Observer =
    std::function<void(const search_space::Node& node, const std::vector<at::Tensor>& inputs,
                       const at::Tensor& output)>;

// What a forward pass needs to know besides its input.
struct Pass {
  bool training = false;
  double drop_path = 0.0;      // the run's present rate; a node multiplies it by its depth ratio
  common::RandomKey key = {};  // of this step; `purpose` and `index` are set by the network
  Observer observe = {};       // may be empty
  // Place of the first image in the step's batch, of which other ranks and passes see other parts:
  // masks are drawn by place.
  int64_t first_image = 0;
  Communicator* synchronise = nullptr;  // batch norms take their statistics over all its ranks
  bool repeated = false;  // what was run before is computed anew: running statistics stay
  // By node: what random_mask() is there. Null: it is drawn.
  const std::vector<at::Tensor>* masks = nullptr;
};

// What it gives.
struct Scores {
  at::Tensor logits;     // [N, classes]
  at::Tensor auxiliary;  // [N, classes]; undefined without the head or in evaluation
};

using NodeTensors = std::vector<std::vector<at::Tensor>>;  // by node, in the primitive's order

// A node where it is run.
struct Site {
  const search_space::Node& node;
  const std::vector<at::Tensor>& parameters;  // in the primitive's order
  const std::vector<at::Tensor>& buffers;
  const Pass& pass;
  uint64_t index;  // of the node in its graph
};

// Images are [N, C, H, W]. Throws InternalError for a primitive that is not computed.
at::Tensor run_primitive(const std::vector<at::Tensor>& inputs, const Site& site);

// What a dropout or drop-path node multiplies its input with: float [samples, C, H, W] or
// [samples, 1, 1, 1], zeros and 1 / (share that is kept).
std::vector<int64_t> mask_shape(const search_space::Node& node, int64_t samples);
// It, on the CPU; undefined where nothing is dropped. index: of the node in its graph.
at::Tensor random_mask(const search_space::Node& node, uint64_t index, const Pass& pass,
                       int64_t samples);

}  // namespace nas::child_trainer
