// Prescreening: of a pool of proposals the one with the highest zero-cost score is trained, the
// others are rows NOT_RUN.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/scorer.h"
#include "engine/trial.h"

namespace nas::child_trainer {
struct Score;
}

namespace nas::engine {

class Prescreen {
 public:
  // prescreen, pool.
  static common::OptionList options();
  // Throws ConfigError: a pool without a score; a score of images where there are none.
  static void check(const common::Options& options, bool has_proxy);
  // The score that is computed of each proposal: null without --prescreen, and where it only counts
  // what is counted anyway.
  static const child_trainer::Score* computed(const common::Options& options);

  Prescreen(const RunFolder& run, const common::Options& options);

  int64_t pool() const { return pool_; }  // proposals for a training; 1: no prescreening

  // What an earlier start has computed.
  void remember(const Trial& trial);

  // Fills `metrics.scores` of the trial, whose costs are known. The score is that of the first
  // trial with its key. False when keep_going() said so.
  bool score(Trial& trial, const std::function<bool()>& keep_going);

  // Of the trials that wait, only the one with the highest score still does: the earliest of
  // equals; where none has a score, the first.
  void keep_best(std::vector<Trial>& pool) const;

 private:
  std::optional<double> score_of(const Trial& trial) const;

  std::string name_;
  int64_t pool_;
  Scorer scorer_;
  std::map<std::string, double> known_;  // by key
};

}  // namespace nas::engine
