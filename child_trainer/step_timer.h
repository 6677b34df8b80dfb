// How long a training step takes.
#pragma once

#include <ATen/core/Tensor.h>

#include "child_trainer/train_settings.h"
#include "search_space/network_graph.h"

namespace nas::child_trainer {

// Seconds of one whole step (forward, backward, update) on random images, after a warm-up step; the
// smaller of two.
double seconds_a_step(const search_space::NetworkGraph& graph, const TrainSettings& settings,
                      at::Device device);

}  // namespace nas::child_trainer
