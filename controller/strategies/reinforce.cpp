// REINFORCE (Williams 1992) with a moving baseline, as in Zoph and Le (2017): one step of Adam a
// batch up  mean(advantage * log-probability).
#include "controller/policy_learner.h"

namespace nas::controller {
namespace {

common::OptionList reinforce_options() {
  return policy_options(
      {.batch_size = 5, .learning_rate = 0.005, .entropy = 0.01, .imitation = 0.0});
}

at::Tensor objective(const at::Tensor& log_probs, const at::Tensor& /*old_log_probs*/,
                     const at::Tensor& advantages) {
  return log_probs * advantages;
}

std::unique_ptr<Strategy> make(const SpaceView& view, const StrategySetup& setup) {
  return std::make_unique<PolicyLearner>(
      view, setup, PolicyLearner::Rule{.name = "reinforce", .epochs = 1, .objective = objective});
}

const common::Register<StrategyPlugin> kRegister{
    {.name = "reinforce",
     .summary = "LSTM policy trained by REINFORCE with a moving baseline (Zoph and Le 2017)",
     .options = reinforce_options,
     .make = make,
     .samples = true}};

}  // namespace
}  // namespace nas::controller
