// The rungs of a search: every child is trained for the epochs of the first one, and a rule of
// engine/fidelity.h says which of them go on to the next, from their checkpoints.
//
// A rung takes in its results in a fixed order: the first one that of the trials, every other one
// that in which they were promoted to it. So what is promoted depends on the rewards alone, never
// on which training ended first, how many workers there are, or when a search was killed; and
// nothing but the decisions of this rung waits for a training that takes long.
#pragma once

#include <map>
#include <set>

#include "common/options.h"
#include "engine/fidelity.h"
#include "engine/trial.h"

namespace nas::engine {

using Promotions = std::map<int64_t, Trial>;  // by id

class Ladder {
 public:
  // fidelity, min-epochs, eta.
  static common::OptionList options();
  // by_epoch: whether rewards depend on how long is trained. Throws ConfigError: options that are
  // not used, an evaluator without epochs, too few epochs or trials for the rungs.
  static void check(const common::Options& options, bool by_epoch);

  explicit Ladder(const common::Options& options);

  // Of the rungs, ascending; the last is --epochs. One with --fidelity full.
  const std::vector<int64_t>& epochs() const { return epochs_; }
  // Epochs of training that so many trials are expected to take.
  double expected_epochs(int64_t trials) const;

  // Takes in what has finished since the last call. `trials`: all, in order; `promotions`: the rows
  // that there are. Returns those to be added: a promotion is returned once, and not at all if it
  // is there.
  std::vector<Trial> advance(const std::vector<Trial>& trials, const Promotions& promotions);
  // The promotions that have been decided, stored or not.
  int64_t promoted() const { return promoted_; }

  // Whether the strategy may be told of a trial, and then the row whose outcome it is told.
  bool is_known(const Trial& trial) const;
  const Trial& told_of(const Trial& trial, const Promotions& promotions) const;

  // Rows whose checkpoints nobody will go on with, in a search of at most so many trials.
  std::vector<int64_t> left_behind(int64_t trials, const Promotions& promotions) const;

 private:
  struct Rung {
    std::unique_ptr<PromotionRule> rule;  // none in the last
    std::vector<int64_t> rows = {};       // that came here, in order, trained or not yet
    size_t read = 0;                      // of them
    std::vector<int64_t> counted = {};  // of those read, the ones that the rule was told, by place
  };

  const Trial* row_of(int64_t trial, size_t rung, const std::vector<Trial>& trials,
                      const Promotions& promotions) const;
  RungResult result_of(const Trial& row, size_t rung, const std::vector<Trial>& trials,
                       const Promotions& promotions) const;
  void read(const Trial& row, size_t rung, const std::vector<Trial>& trials,
            const Promotions& promotions, std::vector<Trial>& added);
  Trial promoted_to(const Trial& trial, size_t rung) const;

  const FidelityPlugin* plugin_;
  int64_t eta_;
  std::vector<int64_t> epochs_;
  std::vector<Rung> rungs_;
  int64_t promoted_ = 0;
  std::set<int64_t> ended_;  // trials that go no further, where a result is judged once
};

}  // namespace nas::engine
