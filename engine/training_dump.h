// A short training written down, so that another program can repeat it: initial weights, batches,
// losses. In float64: in float32 two programs part company at the first ReLU whose input rounds to
// the other side of zero.
#pragma once

#include <filesystem>

#include "child_trainer/trainer.h"

namespace nas::engine {

// Trains `steps` steps of one cosine on unaugmented batches of job.settings.batch_size and writes
// into job.folder
//   initial.safetensors   parameters and buffers by name
//   batches.safetensors   images_0 … double [N, 3, H, W], normalised; targets_0 … int64 [N]
//   final.safetensors     what the initial ones became
//   losses.json           the loss of each step
// Throws DataError where the dataset is a multi-label one.
void dump_training(const data::Dataset& dataset, const child_trainer::TrainJob& job, int64_t steps);

}  // namespace nas::engine
