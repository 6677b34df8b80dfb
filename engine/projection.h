// What a run will cost, before it is started.
#pragma once

#include <ATen/core/Tensor.h>

#include "child_trainer/train_settings.h"
#include "common/options.h"
#include "search_space/network_family.h"

namespace nas::engine {

struct Projection {
  double seconds_a_trial = 0.0;   // of training it for all of --epochs
  double seconds_a_choice = 0.0;  // of scoring the pool that it is chosen from; 0: none is scored
  double supernet_seconds = 0.0;  // of training shared weights, where there are some
  double seconds = 0.0;           // of the whole run, repeats and finalists included
  double epochs = 0.0;            // of all its trainings
  double bytes_a_child = 0.0;     // of memory
};
common::Json to_json(const Projection& projection);

// Times a few steps of training some architectures of the space, and the scores of --prescreen, and
// reads the memory from their graphs. Architectures that do not fit into memory are not timed;
// throws SystemError where none does.
Projection project_search(const common::Options& options, int64_t classes, int64_t train_images,
                          int64_t valid_images);

// Memory of a training process: weights, gradients, momentum, activations of a batch, the library,
// the data. Exact to some percent where our own kernels run, whose buffers are planned; else a
// guess from what autograd keeps.
double training_bytes(const search_space::NetworkGraph& graph,
                      const child_trainer::TrainSettings& settings, at::Device device,
                      double data_bytes);

// Throws SystemError where so many bytes are more than this machine's memory. Of a GPU's nothing is
// known here.
void require_memory(double bytes, at::Device device);

// Of training and, every epoch, evaluating; `seconds_an_image`: of a training step.
double training_seconds(double seconds_an_image, int64_t epochs, int64_t train_images,
                        int64_t valid_images);

}  // namespace nas::engine
