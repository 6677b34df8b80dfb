// A search strategy: proposes choices, is told rewards in trial order.
//
//   auto strategy = make_strategy("ppo", view, {.seed = 1, .options = options});
//   Choices choices = strategy->propose();               // does not learn
//   strategy->observe({choices, Outcome::kSucceeded, 0.71});
//
// The protocol: proposals and observations may interleave (k proposals may be pending), every
// observed trial was proposed before, and observations come in the order of the proposals.
// The n-th proposal and everything learnt depend on (seed, the sequence of calls) alone, so a
// strategy is restored by load_state() of an earlier save_state(), or by the same calls again; both
// give the same bits.
#pragma once

#include <memory>
#include <string>

#include "common/options.h"
#include "common/registry.h"
#include "controller/space_view.h"

namespace nas::controller {

enum class Outcome {
  kSucceeded,
  kFailed,  // failed, out of memory, not a number, timed out, infeasible: reward_for_invalid
  kNotRun,  // prescreened away: no reward, and nothing is to be learnt from it
};

struct Observation {
  Choices choices;
  Outcome outcome = Outcome::kSucceeded;
  double reward = 0.0;  // of kSucceeded; any scale (fractions, percent), larger is better
  // Of a supernet that mixes all operations: what they weigh now, as Mixture::derive() takes it.
  std::vector<double> mixture = {};
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  virtual Choices propose() = 0;
  virtual void observe(const Observation& observation) = 0;

  // Networks drawn from what has been learnt, for the training of shared weights; does not change
  // the strategy. Empty where StrategyPlugin::samples is not set.
  virtual std::vector<Choices> sample(int64_t /*count*/, common::RandomStream& /*random*/) const {
    return {};
  }

  // Everything that the next calls depend on, as text; load_state() throws DataError for another's.
  virtual std::string save_state() const = 0;
  virtual void load_state(const std::string& state) = 0;
};

struct StrategySetup {
  uint64_t seed = 0;
  common::Options options = {};  // of the strategy's section, under their short names
};

struct StrategyPlugin {
  static constexpr const char* kKind = "strategy";
  std::string name;
  std::string summary;
  common::OptionList (*options)() = nullptr;  // may be null; become `--NAME.OPTION`
  std::unique_ptr<Strategy> (*make)(const SpaceView& view, const StrategySetup& setup) = nullptr;
  bool samples = false;     // Strategy::sample() draws from what rewards have taught it
  bool by_mixture = false;  // learns from Observation::mixture, not from rewards
};

// Those that learn from rewards, whatever gives them.
std::vector<std::string> strategies_by_reward();

// With the declared defaults where setup.options lacks an option. Throws UsageError for an unknown
// name.
std::unique_ptr<Strategy> make_strategy(const std::string& name, const SpaceView& view,
                                        StrategySetup setup);

// A section for every strategy that has options: `ppo.clip`.
void declare_strategy_options(common::Options& options);

}  // namespace nas::controller
