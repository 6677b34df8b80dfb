// A network graph on tensors: holds parameters and buffers by name and runs the graph, by our own
// kernels on a CPU in float32, else node by node by LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "child_trainer/node_runner.h"
#include "child_trainer/plan_runner.h"
#include "child_trainer/tensors.h"
#include "search_space/network_graph.h"

namespace nas::child_trainer {

class Network {
 public:
  // Initial weights: He normal by fan-out for convolutions, uniform(±1/sqrt(fan-in)) for linear
  // layers, 1 and 0 for batch norms; each drawn from (seed, trial, name), on any device the same.
  Network(search_space::NetworkGraph graph, at::Device device, const common::RandomKey& key);

  // Whether our own kernels may be used (--kernels); they are not for an observed pass, nor under
  // autocast.
  void use_kernels(bool use) { use_kernels_ = use; }
  bool uses_kernels() const { return use_kernels_; }

  // Whether training keeps little between its forward and its backward pass, and computes the rest
  // anew (--recompute, segments.h): less memory, more time, the same numbers.
  void recompute(bool recompute);

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
  bool kernels_fit(const at::Tensor& images, const Pass& pass) const;

  search_space::NetworkGraph graph_;
  at::Device device_;
  NamedTensors parameters_;
  NamedTensors buffers_;
  NodeTensors node_parameters_;
  NodeTensors node_buffers_;
  bool use_kernels_ = true;
  bool recompute_ = false;
  std::unique_ptr<PlanRunner> by_kernels_;  // both made when they are first needed
  std::unique_ptr<NodeRunner> by_torch_;
};

}  // namespace nas::child_trainer
