// Batches of a split: the whole set lies as uint8 on the device, on a CPU where it was; a batch is
// one gather, normalised and augmented there.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/random.h"
#include "data/dataset.h"

namespace nas::child_trainer {

// Mean and standard deviation of each channel, of pixels scaled to [0, 1].
struct Normalisation {
  std::vector<double> mean;     // [3]
  std::vector<double> std_dev;  // [3], > 0
};
Normalisation measure_normalisation(const data::Dataset& dataset, const data::Split& split);

struct Batch {
  at::Tensor images;   // float [n, 3, H, W], normalised, channels-last
  at::Tensor targets;  // int64 [n], or float [n, K] (multi-label)
  // Of the step's batch, of which these may be a part: the place of the first image, and the share
  // of all images.
  int64_t first = 0;
  double share = 1.0;
};

// Which part of every batch a rank sees, and in how many passes: batches are the same for any
// number of either. Pass p of all ranks together is a run of images; each rank has a run of that.
struct Share {
  int64_t rank = 0;
  int64_t ranks = 1;
  int64_t passes = 1;

  // Places [first, second) of a batch of `size` images.
  std::pair<int64_t, int64_t> of(int64_t size, int64_t pass) const;
};

class DeviceSplit {
 public:
  DeviceSplit(const data::Dataset& dataset, const data::Split& split,
              const Normalisation& normalisation, at::Device device);

  int64_t count() const { return images_.size(0); }
  bool multi_label() const { return targets_.dim() == 2; }
  at::Device device() const { return images_.device(); }
  // Of a GPU: where batches are made while another stream trains on the last one.
  const std::optional<at::Stream>& stream() const { return stream_; }

  // The images `indices` (CPU, int64), in that order, without augmentation.
  Batch gather(const at::Tensor& indices) const;

 private:
  at::Tensor gather_on_cpu(const at::Tensor& indices) const;

  at::Tensor images_;   // uint8 [N, H, W, 3]
  at::Tensor targets_;  // int64 [N] or float [N, K]
  at::Tensor scale_;    // float [1, 3, 1, 1]
  at::Tensor shift_;
  std::array<std::array<float, 3>, 256> normalised_;  // each value of a pixel in each channel
  std::optional<at::Stream> stream_;
};

// A rank's parts of the training batches of one epoch, in an order drawn from the key; the last,
// smaller batch is left out, unless it is the only one. The next batch is prepared while the last
// one is used.
class EpochBatches {
 public:
  EpochBatches(const DeviceSplit& split, int64_t batch_size, std::vector<std::string> augmentations,
               const common::RandomKey& key, const Share& share = {});
  ~EpochBatches();

  int64_t count() const { return count_; }
  Batch get(int64_t index, int64_t pass = 0);  // call in rising order

  static int64_t count_for(int64_t images, int64_t batch_size);

 private:
  struct Made;
  Batch make(int64_t part) const;  // numbered through: index * passes + pass
  Made make_ahead(int64_t part) const;
  Batch take(Made made) const;

  const DeviceSplit& split_;
  int64_t batch_size_;
  std::vector<std::string> augmentations_;
  common::RandomKey key_;
  Share share_;
  std::vector<int64_t> order_;
  int64_t count_;
  struct Ahead;
  std::unique_ptr<Ahead> ahead_;
};

}  // namespace nas::child_trainer
