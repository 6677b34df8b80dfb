// Turns rewards of any scale into advantages: how much better than usual a trial was.
//
//   score s      the reward, or its rank among all rewards so far:
//                (those below + half of the equal ones, itself included) / (all, itself included)
//   deviation d  s - mean, the mean before this trial (0 for the first trial)
//   decay a      min(decay, 1 - 1 / trials): a plain mean at first, then an exponential one
//   mean         += (1 - a) d
//   variance     = a (variance + (1 - a) d²)
//   advantage    = d / sqrt(variance), the variance after this trial
//
// Hence a + b * reward (b > 0) gives the same advantages, and they lie in ±1 / sqrt(a (1 - a)),
// which is ±4.6 for 0.95, whatever the rewards. Ranks also tell the good from the best where a few
// very bad rewards make up most of the variance.
#pragma once

#include <cstdint>
#include <vector>

#include "common/json.h"

namespace nas::controller {

class Baseline {
 public:
  struct Options {
    double decay = 0.95;  // (0, 1); about the last 1 / (1 - decay) trials count
    bool ranks = true;    // scores are ranks; otherwise the rewards themselves
  };

  explicit Baseline(const Options& options) : options_(options) {}

  // Of a finite reward; learns it.
  double advantage(double reward);

  int64_t count() const { return count_; }  // of rewards learnt

  common::Json save() const;
  void load(const common::Json& json);

 private:
  double rank(double reward);

  Options options_;
  int64_t count_ = 0;
  double mean_ = 0.0;
  double variance_ = 0.0;
  std::vector<double> sorted_;  // all rewards, ascending; empty without ranks
};

}  // namespace nas::controller
