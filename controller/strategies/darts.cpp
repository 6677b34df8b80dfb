// Differentiable search (Liu et al. 2019): the weights of a supernet's operations learn by gradient
// descent, beside its own; a proposal is the cell that they stand for. All the learning is in the
// supernet (child_trainer/supernet/mixture_supernet.h), for which the options are.
#include "controller/state_text.h"
#include "controller/strategy.h"

namespace nas::controller {
namespace {

class Darts : public Strategy {
 public:
  Darts(const SpaceView& view, uint64_t seed) : view_(view), seed_(seed) {}

  // At random until there is a mixture.
  Choices propose() override {
    common::RandomStream random({.seed = seed_, .trial = proposals_, .purpose = "propose"});
    ++proposals_;
    return mixture_.empty() ? view_.sample(random) : view_.derived(mixture_);
  }

  void observe(const Observation& observation) override {
    if (!observation.mixture.empty()) mixture_ = observation.mixture;
  }

  std::string save_state() const override {
    common::Json state = new_state("darts");
    state["proposals"] = proposals_;
    state["mixture"] = mixture_;
    return state.dump();
  }

  void load_state(const std::string& text) override {
    const common::Json state = parse_state(text, "darts");
    proposals_ = common::json_get<uint64_t>(state, "proposals", kStateName);
    mixture_ = common::json_get<std::vector<double>>(state, "mixture", kStateName);
  }

 private:
  SpaceView view_;
  uint64_t seed_;
  uint64_t proposals_ = 0;
  std::vector<double> mixture_;
};

common::OptionList options() {
  return {{.name = "learning-rate",
           .value = 3e-4,
           .help = "Learning rate of Adam on the weights of operations",
           .min = 0.0},
          {.name = "weight-decay",
           .value = 1e-3,
           .help = "L2 on what these weights are the softmax of",
           .min = 0.0},
          {.name = "warmup-epochs",
           .value = 0,
           .help = "Epochs at the start in which operations weigh the same",
           .min = 0.0},
          {.name = "second-order",
           .value = false,
           .help = "Look one training step ahead; takes about three times as long"},
          {.name = "partial-channels",
           .value = 1,
           .help = "Operations see one in so many channels, the others pass by (PC-DARTS); 1: all",
           .min = 1.0,
           .max = 64.0}};
}

std::unique_ptr<Strategy> make(const SpaceView& view, const StrategySetup& setup) {
  return std::make_unique<Darts>(view, setup.seed);
}

const common::Register<StrategyPlugin> kRegister{
    {.name = "darts",
     .summary =
         "Gradient descent on a mixture of all operations, with --evaluator shared (Liu 2019)",
     .options = options,
     .make = make,
     .by_mixture = true}};

}  // namespace
}  // namespace nas::controller
