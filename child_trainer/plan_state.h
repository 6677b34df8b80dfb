// What plan_runner.h keeps between forward and backward.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "child_trainer/batch_norm_state.h"
#include "child_trainer/kernels/kernels.h"
#include "child_trainer/packed_convolution.h"
#include "child_trainer/plan_memory.h"
#include "child_trainer/plan_runner.h"

namespace nas::child_trainer {

// A pool node as the kernels take it.
kernels::Pool pool_of(const search_space::Node& node);

struct PlanState {
  PlanState(search_space::NetworkGraph network, NodeTensors node_parameters,
            NodeTensors node_buffers, bool recompute);

  void forward(const at::Tensor& input, const Pass& pass);
  Scores scores() const;
  // gradients: of the logits and, where there are any, of the auxiliary ones; undefined ones are 0.
  void backward(const std::vector<at::Tensor>& gradients);

  search_space::NetworkGraph graph;
  Plan plan;
  NodeTensors parameters;
  NodeTensors buffers;
  int64_t passes = 0;

 private:
  // A torch step of the last pass, for its backward.
  struct TorchStep {
    std::vector<at::Tensor> inputs;
    at::Tensor output;
  };
  // A gradient and what it is to be multiplied with, image by image.
  struct Flow {
    kernels::Images images;
    const float* mask = nullptr;
  };

  const search_space::Node& node(int i) const { return graph.nodes[static_cast<size_t>(i)]; }
  const PlanBuffer& buffer(int b) const { return plan.buffers[static_cast<size_t>(b)]; }
  kernels::Images images_at(char* data, int b) const;
  // Of the half of the pass that is run now.
  const PlanPlaces& places() const { return pass_.repeated ? memory_.backward : memory_.forward; }
  kernels::Images value(int b) const;
  uint8_t* chosen(size_t s, size_t input) const;
  // Of a buffer with a gradient of its own.
  kernels::Images own_gradient(int b) const;
  int64_t channels(int b) const { return buffer(b).shape.channels; }
  Flow gradient(int b, int64_t channel, int64_t channels);
  at::Tensor tensor_of(const kernels::Images& images) const;
  const float* drop_path(int node);
  const float* product(const float* a, const float* b);
  kernels::Source source_of(const Operand& operand);
  // Before a gradient is written: whether there is something to add to.
  bool begin_gradient(int b);
  // The same for who can only add.
  void clear_gradient(int b);

  // Where batch norms take their statistics over all ranks.
  void sum_over_ranks(std::vector<double>& values) const;

  void run_step(size_t s);
  void run_convolution(size_t s);
  void run_sum(size_t s);
  void run_torch(size_t s);
  void differentiate_step(size_t s);
  void differentiate_convolution(size_t s);
  void differentiate_sum(size_t s);
  void differentiate_torch(size_t s);
  BatchNormState& batch_norm(int node) { return *batch_norms_.at(node); }
  // Of dy and dy z, over a buffer that a batch norm reads.
  const std::vector<double>& batch_norm_sums(int b);

  const kernels::Kernels& kernels_;
  std::map<int, std::unique_ptr<BatchNormState>> batch_norms_;    // of those that are fused
  std::vector<std::unique_ptr<PackedConvolution>> convolutions_;  // by step; null: none
  std::vector<int> reads_;                                        // operands of each buffer
  std::vector<int> last_read_;                                    // the step, by buffer

  // Of the last pass.
  Pass pass_;  // `repeated` in its backward half
  Communicator* synchronise_ = nullptr;
  int64_t count_ = 0;  // images
  at::Tensor image_;
  PlanMemory memory_;
  std::pair<int64_t, bool> memory_for_{-1, false};
  Block block_;
  std::map<int, at::Tensor> torch_values_;  // by buffer
  std::map<size_t, TorchStep> torch_steps_;
  std::map<int, at::Tensor> masks_;          // of drop-path nodes
  std::deque<std::vector<float>> products_;  // of masks
  std::vector<bool> has_gradient_;           // by buffer: something was written
  std::vector<std::vector<double>> d_sums_;  // by buffer: batch_norm_sums; empty: not there yet
};

}  // namespace nas::child_trainer
