// What a transfer trains: the same on each of its ranks.
#pragma once

#include "child_trainer/trainer.h"
#include "common/options.h"

namespace nas::engine {

// Train, valid and test at the input size; held-out images come from train where the dataset has no
// valid split.
data::Dataset transfer_dataset(data::Dataset dataset, const common::Options& options);

// dataset: as transfer_dataset() made it. Without a folder and without first weights.
child_trainer::TrainJob transfer_job(const common::Options& options,
                                     const search_space::Architecture& architecture,
                                     const data::Dataset& dataset);

// What one rank trains by in one pass, and how it is timed alone: the job's settings, with its part
// of a batch, and without CUDA graphs where the ranks' steps have none.
child_trainer::TrainSettings settings_of_part(const child_trainer::TrainJob& job,
                                              const data::Dataset& dataset, at::Device device,
                                              int64_t ranks);

}  // namespace nas::engine
