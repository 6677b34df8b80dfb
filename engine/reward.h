// How good a child is, from what its training measured. Larger is better, whichever is taken.
#pragma once

#include "child_trainer/trainer.h"
#include "common/options.h"

namespace nas::engine {

// The option `reward`:
//   accuracy    on the held-out images after the last epoch, in [0, 1]; several labels: the
//               micro-averaged AUC-PRC
//   loss        minus the mean loss of the held-out images after the last epoch
//   train-loss  minus the mean training loss over the steps of the last epoch: how fast it learns
//               (Ru et al. 2021; their sum over the steps is this, times their number)
common::Option reward_option();

// Throws UsageError for another name.
double reward_of(const std::string& name, const child_trainer::EpochMetrics& last, data::Task task);

}  // namespace nas::engine
