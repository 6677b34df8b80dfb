// What the strategies that train the LSTM policy share: proposals, batches, updates and the state.
// Each of them adds its objective.
//
// A proposal is drawn from the policy. Where an equal network was proposed before, further ones are
// drawn, each from a flatter policy than the last, and the first new one is taken: nothing is spent
// on what is known, and a policy that has made up its mind still looks at the neighbourhood.
//
// A batch of observed trials gives `epochs` steps of Adam up the mean over the batch of
//   objective + entropy * (entropy of the policy there)
// plus imitation * (mean log-probability of the best distinct trials so far), which keeps what was
// found from being forgotten. At most a tenth of the successful trials count as the best.
//
// Rewards become advantages by controller/baseline.h. A failed trial has advantage
// kFailedAdvantage, leaves the baseline alone and is never imitated; one not run is forgotten.
#pragma once

#include <functional>

#include "controller/adam.h"
#include "controller/baseline.h"
#include "controller/elites.h"
#include "controller/lstm_policy.h"
#include "controller/proposed.h"
#include "controller/strategy.h"

namespace nas::controller {

// As bad as the worst of forty: two standard deviations below the baseline.
inline constexpr double kFailedAdvantage = -2.0;

// The defaults that differ between strategies.
struct PolicyDefaults {
  int64_t batch_size = 10;
  double learning_rate = 0.005;
  double entropy = 0.01;
  double imitation = 0.0;
};

common::OptionList policy_options(const PolicyDefaults& defaults);

class PolicyLearner : public Strategy {
 public:
  // What each sample adds to the objective, [batch], to be made larger; all arguments are [batch].
  // old_log_probs are those of the policy that proposed.
  using Objective = std::function<at::Tensor(
      const at::Tensor& log_probs, const at::Tensor& old_log_probs, const at::Tensor& advantages)>;
  struct Rule {
    std::string name;    // of the strategy
    int64_t epochs = 1;  // steps of Adam a batch
    Objective objective;
  };

  // setup.options: policy_options() at least.
  PolicyLearner(const SpaceView& view, const StrategySetup& setup, Rule rule);

  Choices propose() override;
  void observe(const Observation& observation) override;
  std::vector<Choices> sample(int64_t count, common::RandomStream& random) const override;
  std::string save_state() const override { return save().dump(); }
  void load_state(const std::string& text) override { load(parse_state(text, rule_.name)); }

 protected:
  struct Sample {
    Choices choices;
    double log_prob = 0.0;  // when it was proposed
    double advantage = 0.0;
  };

  // The next proposal; one that is not among proposed(), where it can be had.
  virtual LstmPolicy::Proposal draw(common::RandomStream& random) const;

  // So many steps of Adam from a batch of samples, which is emptied.
  void learn(std::vector<Sample>& samples, int64_t epochs);

  // The whole state, with the key `strategy`.
  virtual common::Json save() const;
  virtual void load(const common::Json& state);

  const LstmPolicy& policy() const { return policy_; }
  const Proposed& proposed() const { return proposed_; }
  std::vector<Choices> pending() const;  // oldest first

 private:
  SpaceView view_;
  Rule rule_;
  uint64_t seed_;
  int64_t batch_size_;
  double entropy_;
  double imitation_;
  int64_t imitation_size_;
  std::vector<double> repeat_temperatures_;  // of the draws after a repeat; empty: no such draws

  // The state.
  LstmPolicy policy_;
  Adam adam_;
  Baseline baseline_;
  Elites elites_;
  uint64_t proposals_ = 0;
  Proposed proposed_;                          // none when repeats are taken
  std::vector<LstmPolicy::Proposal> pending_;  // oldest first
  std::vector<Sample> samples_;                // of the batch being collected
};

}  // namespace nas::controller
