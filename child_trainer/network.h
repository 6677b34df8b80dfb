// A network graph on tensors: holds parameters and buffers by name and runs the graph forward;
// LibTorch's autograd runs it backward. One plan trains and evaluates.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "child_trainer/tensors.h"
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
};

struct Scores {
  at::Tensor logits;     // [N, classes]
  at::Tensor auxiliary;  // [N, classes]; undefined without the head or in evaluation
};

class Network {
 public:
  // Initial weights: He normal by fan-out for convolutions, uniform(±1/sqrt(fan-in)) for linear
  // layers, 1 and 0 for batch norms; each drawn from (seed, trial, name), on any device the same.
  Network(search_space::NetworkGraph graph, at::Device device, const common::RandomKey& key);

  // images: float [N, 3, H, W], normalised.
  Scores forward(const at::Tensor& images, const Pass& pass);

  // Makes all parameters and buffers float64: for comparisons, where float32 rounding flips ReLUs.
  void to_double();

  const search_space::NetworkGraph& graph() const { return graph_; }
  at::Device device() const { return device_; }
  const NamedTensors& parameters() const { return parameters_; }
  const NamedTensors& buffers() const { return buffers_; }
  // Parameters and buffers; without the auxiliary head unless asked for.
  NamedTensors state(bool with_auxiliary) const;

 private:
  search_space::NetworkGraph graph_;
  at::Device device_;
  NamedTensors parameters_;
  NamedTensors buffers_;
  std::vector<std::vector<at::Tensor>> node_parameters_;  // by node, in the primitive's order
  std::vector<std::vector<at::Tensor>> node_buffers_;
  std::vector<std::vector<int>> dead_after_;  // values that no later node reads
};

}  // namespace nas::child_trainer
