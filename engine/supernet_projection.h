// What a search with shared weights will cost: one training, and a measurement for each trial.
#pragma once

#include "engine/projection.h"

namespace nas::engine {

// Times a few steps of some networks of the space and, with darts, of the mixture of all. Throws
// SystemError where they do not fit into memory.
Projection project_supernet(const common::Options& options, int64_t classes, int64_t train_images,
                            int64_t valid_images);

}  // namespace nas::engine
