// Proximal policy optimisation (Schulman et al. 2017), as in Zoph et al. (2018): several steps of
// Adam a batch up
//   mean(min(r advantage, clip(r, 1 - c, 1 + c) advantage))
// where r is the probability of the choices over that when they were proposed.
//
// The defaults learn within a few hundred trials: a larger learning rate, small batches, ranks,
// imitation of the best and no repeats. The settings of the paper, for its 20,000 trials:
//   --ppo.learning-rate 0.00035 --ppo.batch-size 20 --ppo.entropy 0.00001 --ppo.baseline-decay 0.95
//   --ppo.clip 0.2 --ppo.units 100 --ppo.reward-shape linear --ppo.imitation 0
//   --ppo.avoid-repeats 0
// There rewards are still divided by their moving standard deviation; the paper does not say how
// often it used a batch (--ppo.epochs).
#include "controller/clipped_objective.h"

namespace nas::controller {
namespace {

common::OptionList ppo_options() {
  common::OptionList list = clipped_options();
  for (const common::Option& option : policy_options(
           {.batch_size = 10, .learning_rate = 0.005, .entropy = 0.02, .imitation = 0.3})) {
    list.push_back(option);
  }
  return list;
}

std::unique_ptr<Strategy> make(const SpaceView& view, const StrategySetup& setup) {
  return std::make_unique<PolicyLearner>(
      view, setup,
      PolicyLearner::Rule{.name = "ppo",
                          .epochs = setup.options.integer("epochs"),
                          .objective = clipped_objective(setup.options.number("clip"))});
}

const common::Register<StrategyPlugin> kRegister{
    {.name = "ppo",
     .summary = "LSTM policy trained by proximal policy optimisation (Zoph et al. 2018)",
     .options = ppo_options,
     .make = make,
     .samples = true}};

}  // namespace
}  // namespace nas::controller
