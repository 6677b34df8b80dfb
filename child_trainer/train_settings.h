// How a network is trained.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/options.h"
#include "search_space/network_options.h"

namespace nas::child_trainer {

struct TrainSettings {
  int64_t epochs = 3;             // >= 1
  int64_t batch_size = 64;        // images, >= 1
  double learning_rate = 0.1;     // at the start; one cosine to 0
  int64_t warmup_epochs = 0;      // linear from 0
  double momentum = 0.9;          // Nesterov
  double weight_decay = 3e-4;     // L2; not on batch norms and biases
  double label_smoothing = 0.0;   // [0, 1)
  double clip = 5.0;              // of the gradient's norm; 0: none
  double drop_path = 0.0;         // at the end of training; grows linearly from 0
  bool auxiliary = false;         // train an auxiliary head
  double auxiliary_weight = 0.4;  // of its loss
  double dropout = 0.0;           // before the classifier
  std::vector<std::string> augment = {"pad-crop", "flip"};
  std::string precision =
      "fp32";  // "fp32" | "bf16": autocast; never "auto", which a transfer resolves
  std::string kernels = "auto";    // "auto" | "torch": see Network::use_kernels
  std::string cuda_graph = "off";  // "off" | "on" | "auto": see step_graph.h
  bool recompute = false;          // see Network::recompute

  // The declarations, with this object's values as defaults; all of them decide what is learnt,
  // if only by rounding.
  common::OptionList options() const;
  // `recompute` is as its option says where that is declared.
  static TrainSettings from(const common::Options& options);

  // What a training builds of `network`: with its auxiliary head, and dropout.
  search_space::NetworkOptions in_training(search_space::NetworkOptions network) const;
};

// Of trainings that may be large: memory for time. It changes no result.
common::Option recompute_option();

// Whether a training with these settings is run by our own kernels.
bool kernels_run(const TrainSettings& settings, at::Device device);
// "kernels for avx512" or "LibTorch's operators". Throws ConfigError: see kernels::best().
std::string kernels_text(const TrainSettings& settings, at::Device device);

// A function of the step alone, so that it survives a resume.
double learning_rate_at(const TrainSettings& settings, int64_t step, int64_t steps_an_epoch);
double drop_path_at(const TrainSettings& settings, int64_t step, int64_t steps_an_epoch);

}  // namespace nas::child_trainer
