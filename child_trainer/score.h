// Zero-cost scores: what a network looks to be worth before it is trained. One file each in
// child_trainer/scores/.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "child_trainer/batches.h"
#include "child_trainer/network.h"
#include "common/registry.h"

namespace nas::child_trainer {

struct Score {
  static constexpr const char* kKind = "score";
  std::string name;  // as published, else with dashes
  std::string summary;
  bool needs_batch = true;  // else the batch is not read
  // The score of a network that has its initial weights: more is better; a function of the network
  // and the batch alone, without the auxiliary head. batch: 2 or more training images.
  // May change weights and buffers: compute_score() puts them back.
  double (*compute)(Network& network, const Batch& batch) = nullptr;
};

// The network is left as it was. Throws TrialError where the score is not a finite number.
double compute_score(const Score& score, Network& network, const Batch& batch);

// For scores.

// The weights of convolutions and linear layers, in the graph's order.
std::vector<at::Tensor> layer_weights(const Network& network);

// The gradients of the sum of `output` at `inputs`: zeros where it does not depend on them.
std::vector<at::Tensor> gradients(const at::Tensor& output, const std::vector<at::Tensor>& inputs);

// The gradients of a training step's loss at layer_weights().
std::vector<at::Tensor> loss_gradients(Network& network, const Batch& batch);

}  // namespace nas::child_trainer
