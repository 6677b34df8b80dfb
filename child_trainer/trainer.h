// Trains one network on one dataset on one device; goes on from a checkpoint where there is one.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "child_trainer/metrics.h"
#include "child_trainer/network.h"
#include "child_trainer/train_settings.h"
#include "data/dataset.h"
#include "search_space/network_family.h"

namespace nas::child_trainer {

enum class TrainState {
  kFinished,
  kStopped,      // should_stop() said so; a checkpoint was written
  kNotANumber,   // the loss became infinite or not a number
  kOutOfMemory,  // an allocator said so
  kTimeLimit,
};

// One line of metrics.jsonl.
struct EpochMetrics {
  int64_t epoch = 0;  // from 1
  double train_loss = 0.0;
  double train_accuracy = 0.0;  // on the augmented batches, while training (multi-label: 0)
  double valid_loss = 0.0;
  double valid_accuracy = 0.0;
  double valid_auc_prc = 0.0;
  double learning_rate = 0.0;  // at its end
  double seconds = 0.0;        // training alone
  double images_per_second = 0.0;
};
common::Json to_json(const EpochMetrics& metrics);
EpochMetrics epoch_metrics_from_json(const common::Json& json);  // throws DataError

struct TrainJob {
  search_space::Architecture architecture;
  search_space::NetworkOptions network;  // classes, dropout and auxiliary are set by the trainer
  TrainSettings settings;
  uint64_t seed = 0;
  uint64_t trial = 0;
  std::filesystem::path folder;  // checkpoint and metrics.jsonl
  std::filesystem::path init_from =
      {};                   // safetensors whose tensors of equal name and shape start the training
  double time_limit = 0.0;  // seconds of training; 0: none
  int64_t checkpoint_epochs = 1;  // a checkpoint every so many epochs
};

struct TrainHooks {
  std::function<bool()> should_stop = [] { return false; };  // asked at every step
  std::function<void(const EpochMetrics&)> on_epoch = [](const EpochMetrics&) {};
  // At most twice a second: steps done and in all.
  std::function<void(int64_t, int64_t)> on_step = [](int64_t, int64_t) {};
};

struct TrainResult {
  TrainState state = TrainState::kFinished;
  std::string reason;       // of a state other than kFinished
  EpochMetrics last;        // of the last finished epoch
  double seconds = 0.0;     // of training, over all attempts
  double peak_bytes = 0.0;  // of memory, of this process
};

class Trainer {
 public:
  // Keeps the dataset on the device for any number of jobs. train and valid may not be empty.
  Trainer(data::Dataset dataset, at::Device device);
  ~Trainer();

  // Throws DataError (damaged checkpoint), SystemError (disk full), ConfigError (the network cannot
  // be built); what an allocator refuses and losses that are no numbers are a TrainState.
  TrainResult run(const TrainJob& job, const TrainHooks& hooks);

  // The network of the last job that ran; null before.
  Network* network();
  const data::Dataset& dataset() const;
  Metrics evaluate(const data::Split& split);  // with the last job's network

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nas::child_trainer
