// How a step is spread over ranks and passes. Their number changes nothing but rounding, so that a
// training may go on with another one.
#pragma once

#include "child_trainer/train_settings.h"

namespace nas::child_trainer {

struct ParallelSettings {
  int64_t accumulate = 1;                // passes that a batch is parted into, >= 1
  bool synchronise_batch_norm = false;   // statistics over all ranks
  int64_t learning_rate_batch_size = 0;  // the learning rate is for batches of so many; 0: of any

  // The declarations, with this object's values as defaults.
  common::OptionList options() const;
  static ParallelSettings from(const common::Options& options);

  // Throws ConfigError unless each of so many ranks has an image of a batch in each of its passes.
  void check_parts(int64_t batch_size, int64_t ranks) const;

  // Images of a batch in one pass of one of so many ranks, at least one.
  int64_t images_a_pass(int64_t batch_size, int64_t ranks) const;

  // The learning rate, by the linear scaling rule (Goyal et al. 2017).
  double learning_rate(const TrainSettings& settings) const;
};

}  // namespace nas::child_trainer
