// When a search with shared weights trains them, and when it asks what an architecture is worth.
//
//   enas   a part of the training, rewards that the controller learns from, the next part … and in
//          the end rewards with the weights that stay (Pham et al. 2018)
//   spos   the whole training on random paths, then rewards (Guo et al. 2020)
//   darts  a part of the training, then the cell that the mixture stands for (Liu et al. 2019)
#pragma once

#include "common/options.h"

namespace nas::engine {

// Of a training of shared weights: where its errors are, and what helps where it takes too much.
constexpr const char* kSupernet = "supernet";
constexpr const char* kSmallerSupernet =
    "a larger --child-memory, or a new --run with a smaller --batch-size, --cells or --filters";

class SupernetSchedule {
 public:
  // method, trials-an-epoch, calibration-images, reward-images; of the section `supernet`.
  static common::OptionList options();

  // Fixes what is chosen automatically, when the run is made; nothing where another evaluator than
  // `shared` is asked for. Throws ConfigError: trials that darts does not have.
  static void resolve(common::Options& options);

  // Whether the evaluator is `shared`, and --strategy and the other options can be used with it, or
  // without. Throws ConfigError.
  static void check(const common::Options& options);

  explicit SupernetSchedule(const common::Options& options);

  bool shared() const { return !method_.empty(); }
  const std::string& method() const { return method_; }  // "enas", "spos", "darts"; "": not shared
  int64_t epochs() const { return epochs_; }             // of the whole training

  // How many the supernet has been trained when the trial is rewarded.
  int64_t epochs_before(int64_t trial) const;
  bool is_whole(int64_t trial) const { return shared() && epochs_before(trial) == epochs_; }

  // Why no model of the rewards is asked which is the winner.
  std::string why_no_model() const;
  // The winner is the cell that the mixture stood for last, whatever the rewards.
  bool is_derived() const { return method_ == "darts"; }

  // Trials for which this differs are not repeats of each other, whatever their architectures: they
  // are rewarded with other weights.
  int64_t weights_of(int64_t trial) const;

  // The epoch, from 0, that the trial is the first to need; -1: none.
  int64_t begins_epoch(int64_t trial) const;

 private:
  std::string method_;
  int64_t epochs_ = 0;
  int64_t trials_an_epoch_ = 1;
};

}  // namespace nas::engine
