// One network that holds all networks of a space, trained once: what each of them is worth is read
// off it. What a training step does is left to who derives from it: sampled paths
// (path_supernet.h) or a mixture of all operations (mixture_supernet.h).
#pragma once

#include <filesystem>

#include "child_trainer/batches.h"
#include "child_trainer/checkpoint.h"
#include "child_trainer/supernet/subnetwork.h"
#include "child_trainer/trainer.h"
#include "child_trainer/training_step.h"

namespace nas::child_trainer {

struct SupernetJob {
  search_space::NetworkOptions network;  // classes and dropout are set by the supernet
  TrainSettings settings;                // epochs: of the whole training; no auxiliary head
  uint64_t seed = 0;
  std::filesystem::path folder;       // checkpoint.safetensors and metrics.jsonl
  int64_t calibration_images = 1000;  // training images that batch norms take statistics from
};

class Supernet {
 public:
  // Keeps the dataset on the device. train and valid may not be empty.
  Supernet(data::Dataset dataset, at::Device device, SupernetJob job);
  virtual ~Supernet();

  // Goes on from the checkpoint of the folder, where there is one. Once, before all else. Throws
  // DataError where it is damaged, ConfigError where it is of another job.
  void restore();

  int64_t epochs_done() const { return progress_.epoch; }

  // Trains to the end of epoch `epochs` - 1, with a checkpoint at the end of each epoch, or where
  // it is asked to stop. kFinished, kStopped, kNotANumber, kOutOfMemory; after the last two its
  // weights are of no use. The seconds are those of this call.
  TrainResult train_until(int64_t epochs, const TrainHooks& hooks);

  // The architecture's network with the shared weights, its batch norms with the statistics of the
  // same training images, whatever was evaluated before (Guo et al. 2020). The shared weights stay
  // as they are. Throws ConfigError where it cannot be built.
  std::unique_ptr<Subnetwork> subnetwork(const search_space::Architecture& architecture);

  // Of a subnetwork, on `images` of the held-out ones, drawn from `key`; 0: on all.
  Metrics evaluate(Subnetwork& subnetwork, int64_t images, const common::RandomKey& key);

  const data::Dataset& dataset() const { return dataset_; }
  const WeightBank& bank() const { return bank_; }

 protected:
  struct Step {
    int64_t epoch = 0;
    int64_t number = 0;  // within the epoch
    int64_t count = 0;   // an epoch
    double learning_rate = 0.0;
    double drop_path = 0.0;
    common::RandomKey key = {};  // of this step

    int64_t global() const { return epoch * count + number; }
  };

  // Changes the shared weights by a batch.
  virtual StepLoss train(const Batch& batch, const Step& step) = 0;
  virtual search_space::NetworkGraph graph_of(
      const search_space::Architecture& architecture) const = 0;
  // What else survives a restart, and is told of an epoch.
  virtual NamedTensors more_state() const { return {}; }
  virtual common::Json epoch_details() const { return common::Json::object(); }

  const SupernetJob& job() const { return job_; }
  WeightBank& mutable_bank() { return bank_; }
  const DeviceSplit& held_out() const { return valid_; }

 private:
  bool train_epoch(const TrainHooks& hooks);
  void save() const;
  std::string identity() const;
  void calibrate(Network& network) const;

  data::Dataset dataset_;
  at::Device device_;
  SupernetJob job_;
  Normalisation normalisation_;
  DeviceSplit train_;
  DeviceSplit valid_;
  WeightBank bank_;
  Progress progress_;
};

}  // namespace nas::child_trainer
