// All that a training needs to go on as if nothing had happened.
#pragma once

#include <filesystem>
#include <optional>

#include "child_trainer/network.h"
#include "child_trainer/optimizer.h"
#include "common/json.h"

namespace nas::child_trainer {

// Everything else (schedules, order of the images, augmentation) is a function of these and of the
// seed.
struct Progress {
  int64_t epoch = 0;         // being trained, from 0
  int64_t step = 0;          // steps done within it
  double loss_sum = 0.0;     // over those steps, of the mean training loss
  double correct_sum = 0.0;  // training images that were classified right in those steps
  double seconds = 0.0;      // spent in training so far, over all attempts
  common::Json last = {};    // metrics of the last finished epoch, as in metrics.jsonl
};

common::Json to_json(const Progress& progress);
Progress progress_from_json(const common::Json& json,
                            const std::string& where);  // throws DataError

// folder/checkpoint.safetensors: weights, momentum and progress in one file, so that they cannot
// disagree. Atomic. `identity` names what is trained; a checkpoint of another is not taken.
void save_checkpoint(const std::filesystem::path& folder, const Network& network,
                     const Optimizer& optimizer, const Progress& progress,
                     const std::string& identity);

// Empty when there is none, or it belongs to another identity. Throws DataError when it is damaged.
std::optional<Progress> load_checkpoint(const std::filesystem::path& folder, Network& network,
                                        Optimizer& optimizer, const std::string& identity);

void remove_checkpoint(const std::filesystem::path& folder);

}  // namespace nas::child_trainer
