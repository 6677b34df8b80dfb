// The rewards of --table, by architecture: for evaluators that train nothing.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/options.h"
#include "engine/evaluator.h"

namespace nas::engine {

class TableRewards {
 public:
  // Throws UsageError without --table, ConfigError where the options do not fit a table, DataError
  // where it cannot be read or has a reward that the objective has no use for.
  static void check(const common::Options& options);

  // Reads --table, column --reward-column. Throws DataError.
  explicit TableRewards(const common::Options& options);

  // An evaluation: `fill` is given what the table has for the trial, which succeeds, or else fails
  // with the reason. `keep_going`: see Evaluator.
  Verdict look_up(Trial& trial, const std::function<bool()>& keep_going,
                  const std::function<void(double)>& fill) const;
  // By NAS-Bench-201 string; not empty.
  const std::map<std::string, double>& all() const { return rewards_; }

 private:
  // Throws TrialError for what is not in the table.
  double of(const search_space::Architecture& architecture) const;

  std::string file_;
  std::map<std::string, double> rewards_;
};

}  // namespace nas::engine
