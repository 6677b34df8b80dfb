// What search strategies are worth: many searches of each on a table of rewards, without children,
// store or files.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "common/json.h"
#include "common/options.h"
#include "search_space/space.h"

namespace nas::engine {

// Means and standard deviations (of a sample; NaN of one seed, in JSON null) over the seeds.
struct StrategyBenchRow {
  std::string strategy;
  int64_t evaluations = 0;  // proposals, repeats included
  int64_t seeds = 0;
  double best_reward_mean = 0.0;  // the best reward among the proposals …
  double best_reward_sd = 0.0;
  double report_mean = 0.0;  // … and what the report column has for the first that got it
  double report_sd = 0.0;
  double distinct_mean = 0.0;  // networks of different keys: what a search would have trained
};
common::Json to_json(const StrategyBenchRow& row);

// Of `nas bench strategies`: its own, and a section for every strategy (`ppo.clip`).
common::Options strategy_bench_options();

class StrategyBench {
 public:
  // `options`: strategy_bench_options(). Reads the table. Throws ConfigError, UsageError (no table,
  // an unknown strategy) and DataError (what it cannot read).
  explicit StrategyBench(const common::Options& options);

  const std::vector<std::string>& strategies() const { return strategies_; }
  int64_t seeds() const { return seeds_; }

  // A row for each number of trials. Seeds 1, 2, … are shared out to the cores; the result does not
  // depend on how. `show` is told, in this thread, how many are done. What is proposed and not in
  // the table has failed; throws DataError when a seed has nothing else.
  std::vector<StrategyBenchRow> run(const std::string& strategy,
                                    const std::function<void(int64_t done)>& show) const;

 private:
  // After so many trials.
  struct Point {
    double best = 0.0;
    double report = 0.0;
    double distinct = 0.0;
  };
  struct Worth {
    double reward = 0.0;
    double report = 0.0;
  };

  std::vector<Point> search(const std::string& strategy, uint64_t seed) const;

  common::Options options_;
  std::vector<std::string> strategies_;
  std::vector<int64_t> trials_;  // ascending
  int64_t seeds_;
  std::unique_ptr<search_space::Space> space_;
  std::map<search_space::Choices, Worth> table_;
};

}  // namespace nas::engine
