// Learning curves of known ranks, without any training: after --epochs an architecture has the
// reward of a CSV, and before that, after e epochs,
//
//   reward(e) = reward - gap (√(epochs / e) - 1) / (√epochs - 1)
//
// so it climbs like a power of the epochs (Domhan et al. 2015 fit such curves), from `gap` below
// its end. The gap is drawn for each architecture by the seed, from one to four standard deviations
// of the CSV's rewards: so curves cross, and the first epochs order architectures much as the last
// one does, not quite. Beyond --epochs the reward stays as it is. For tests of --fidelity and
// --finalists, and to see what they would find; no claim about real trainings.
#include <cmath>

#include "common/random.h"
#include "common/statistics.h"
#include "engine/evaluator.h"
#include "engine/objective.h"
#include "engine/table_rewards.h"

namespace nas::engine {
namespace {

constexpr double kSmallestGap = 1.0;  // robust standard deviations of the rewards
constexpr double kLargestGap = 4.0;

double deviation_of(const std::map<std::string, double>& rewards) {
  std::vector<double> values;
  for (const auto& [name, reward] : rewards) values.push_back(reward);
  return common::robust_deviation(std::move(values));
}

class CurvesEvaluator : public Evaluator {
 public:
  explicit CurvesEvaluator(const common::Options& options)
      : rewards_(options),
        objective_(options),
        seed_(static_cast<uint64_t>(options.integer("seed"))),
        epochs_(options.integer("epochs")),
        deviation_(deviation_of(rewards_.all())) {}

  Verdict evaluate(Trial& trial, const std::function<bool()>& keep_going) override {
    return rewards_.look_up(trial, keep_going, [&](double end) {
      const double gap = gap_of(trial.key);
      common::Json rewards = common::Json::array();
      for (int64_t epoch = trial.from_epoch + 1; epoch <= trial.to_epoch; ++epoch) {
        trial.reward = objective_.reward(end - gap * missing_after(epoch), trial.metrics);
        rewards.push_back(*trial.reward);
      }
      trial.metrics["rewards"] = rewards;
    });
  }

 private:
  double gap_of(const std::string& key) const {
    common::RandomStream random({.seed = seed_, .purpose = "curve of " + key});
    return deviation_ * (kSmallestGap + (kLargestGap - kSmallestGap) * random.uniform());
  }

  // The share of the gap that is left: 1 after the first epoch, 0 from the last on.
  double missing_after(int64_t epoch) const {
    if (epoch >= epochs_) return 0.0;
    const auto all = static_cast<double>(epochs_);
    return (std::sqrt(all / static_cast<double>(epoch)) - 1) / (std::sqrt(all) - 1);
  }

  TableRewards rewards_;
  Objective objective_;
  uint64_t seed_;
  int64_t epochs_;
  double deviation_;  // of the table's rewards
};

const common::Register<EvaluatorPlugin> kRegister{
    {.name = "curves",
     .summary = "Made-up learning curves that end at the rewards of a CSV (--table)",
     .reads = {"table", "reward-column"},
     .check = TableRewards::check,
     .make = [](const RunFolder&, const common::Options& options) -> std::unique_ptr<Evaluator> {
       return std::make_unique<CurvesEvaluator>(options);
     },
     .needs_proxy = false,
     .exact = "its rewards have no noise",
     .caveat = "the learning curves are made up: no statement about trainings",
     .by_epoch = true}};

}  // namespace
}  // namespace nas::engine
