// From what a child is worth to what the search maximises.
//
//   reward = quality^power x (cost / target)^weight
//
// as in MnasNet (Tan et al. 2019): with weight -0.07 a network of twice the cost needs about 5 %
// more quality to be worth the same. Without a cost, and with power 1, the reward is the quality.
#pragma once

#include <string>

#include "common/json.h"
#include "common/options.h"

namespace nas::engine {

class Objective {
 public:
  // reward-power, cost, cost-target, cost-weight, latency-batch.
  static common::OptionList options();
  // Throws ConfigError: a cost without a target, a target without a cost, a loss (`reward`) with
  // either.
  explicit Objective(const common::Options& options);

  // Every evaluator's reward. quality: what the child is worth, e.g. its accuracy in [0, 1]; it is
  // noted in `metrics` as "quality". The cost is read there. Throws TrialError where the cost is
  // missing, or a quality below 0 is to be transformed.
  double reward(double quality, common::Json& metrics) const;

  // The cost's key in the metrics; "" without one.
  const std::string& cost() const { return cost_; }

 private:
  double power_;
  std::string cost_;
  double target_;
  double weight_;
};

// The key in the metrics of the latency that counts: of one image, or of --latency-batch.
std::string latency_key(const common::Options& options);

// What the search weighs quality against, for the Pareto front: its cost, else multiply-adds.
std::string cost_to_show(const common::Options& options);

}  // namespace nas::engine
