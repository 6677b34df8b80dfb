// Small trainings for tests of the trainer.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>

#include "child_trainer/device.h"
#include "child_trainer/trainer.h"
#include "common/file.h"
#include "common/text.h"
#include "tests/support/tiny_dataset.h"

namespace nas::child_trainer {

constexpr int64_t kSide = 12;  // pixels of an image

// A NAS-Bench-201 network of some thousand parameters.
inline TrainJob small_job(const std::filesystem::path& folder) {
  return {.architecture = search_space::find_architecture(
              "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|"),
          .network = {.input_size = kSide, .cells = 1, .filters = 4},
          .settings = {.epochs = 2, .batch_size = 16, .learning_rate = 0.1},
          .seed = 3,
          .trial = 5,
          .folder = folder};
}

// A NASNet with all that draws random numbers or keeps state: drop-path, dropout, an auxiliary
// head, augmentations.
inline TrainJob busy_job(const std::filesystem::path& folder) {
  TrainJob job = small_job(folder);
  job.architecture = search_space::find_architecture("nasnet-a");
  job.settings.batch_size = 8;
  job.settings.label_smoothing = 0.1;
  job.settings.drop_path = 0.3;
  job.settings.dropout = 0.2;
  job.settings.auxiliary = true;
  job.settings.augment = {"pad-crop", "flip", "cutout"};
  return job;
}

// 48 training and 24 held-out images of 4 classes.
inline data::Dataset training_set(int64_t per_class = 12) {
  return tests::tiny_dataset(4, per_class, kSide, 1);
}

// Of one thread, as children are on the CPU.
inline Trainer new_trainer() {
  set_threads(1);
  return Trainer(training_set(), at::Device(at::kCPU));
}

// Weights, statistics and the last epoch's metrics: what must agree bit for bit. Times are left
// out.
struct Outcome {
  NamedTensors state;
  std::string metrics;  // metrics.jsonl

  bool operator==(const Outcome& other) const {
    if (metrics != other.metrics || state.size() != other.state.size()) return false;
    for (const auto& [name, tensor] : state) {
      if (other.state.count(name) == 0 || !at::equal(tensor, other.state.at(name))) return false;
    }
    return true;
  }
};

inline Outcome outcome_of(Trainer& trainer, const std::filesystem::path& folder) {
  Outcome outcome;
  for (const auto& [name, tensor] : trainer.network()->state(true))
    outcome.state[name] = tensor.detach().clone();
  for (const auto& line : common::split(common::read_file(folder / "metrics.jsonl"), '\n')) {
    if (line.empty()) continue;
    common::Json json = common::parse_json(line, "metrics.jsonl");
    json.erase("seconds");
    json.erase("images_per_second");
    outcome.metrics += json.dump() + "\n";
  }
  return outcome;
}

}  // namespace nas::child_trainer
