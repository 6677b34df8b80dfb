// Trains one network on one dataset, on one device or, with other ranks, on several; goes on from a
// checkpoint where there is one.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "child_trainer/distributed/communicator.h"
#include "child_trainer/epoch_metrics.h"
#include "child_trainer/metrics.h"
#include "child_trainer/network.h"
#include "child_trainer/parallel_settings.h"
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

struct TrainJob {
  search_space::Architecture architecture;
  search_space::NetworkOptions network;  // classes, dropout and auxiliary are set by the trainer
  TrainSettings settings;
  ParallelSettings parallel = {};
  uint64_t seed = 0;
  uint64_t trial = 0;
  std::filesystem::path folder;  // checkpoint and metrics.jsonl, which rank 0 reads and writes
  std::filesystem::path init_from =
      {};                   // safetensors whose tensors of equal name and shape start the training
  double time_limit = 0.0;  // seconds of training; 0: none
  int64_t checkpoint_epochs = 1;  // a checkpoint every so many epochs
  int64_t stop_after = 0;  // finished after so many of settings.epochs, which the schedule is for,
                           // with a checkpoint; 0: after all
  std::filesystem::path continue_from = {};  // the folder of this training as it was stopped there:
                                             // where `folder` has no checkpoint, that one is taken
};

struct TrainHooks {
  std::function<bool()> should_stop = [] { return false; };  // asked at every step, on every rank
  std::function<void()> on_start = [] {};  // before the first step, if there is one to be taken
  std::function<void(const EpochMetrics&)> on_epoch = [](const EpochMetrics&) {};
  // At most twice a second: steps done and in all.
  std::function<void(int64_t, int64_t)> on_step = [](int64_t, int64_t) {};
};

struct TrainResult {
  TrainState state = TrainState::kFinished;
  std::string reason;               // of a state other than kFinished
  EpochMetrics last;                // of the last finished epoch
  double seconds = 0.0;             // of training, over all attempts
  double evaluation_seconds = 0.0;  // of this attempt
  double checkpoint_seconds = 0.0;
  double peak_bytes = 0.0;  // of memory, of this process
};

class Trainer {
 public:
  // Keeps the dataset on the device for any number of jobs. train and valid may not be empty.
  // communicator: of the ranks that run the same jobs on the same dataset; null: there are no
  // others. It belongs to the trainer alone while a job runs.
  Trainer(data::Dataset dataset, at::Device device,
          std::shared_ptr<Communicator> communicator = nullptr);
  ~Trainer();

  // Throws DataError (damaged checkpoint), SystemError (disk full), ConfigError (the network cannot
  // be built, a batch is smaller than its parts are many); what an allocator refuses and losses
  // that are no numbers are a TrainState.
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
