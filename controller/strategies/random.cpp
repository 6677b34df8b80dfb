#include "controller/state_text.h"
#include "controller/strategy.h"

namespace nas::controller {
namespace {

class RandomSearch : public Strategy {
 public:
  RandomSearch(const SpaceView& view, uint64_t seed) : view_(view), seed_(seed) {}

  Choices propose() override {
    common::RandomStream random({.seed = seed_, .trial = proposals_, .purpose = "propose"});
    ++proposals_;
    return view_.sample(random);
  }

  void observe(const Observation& /*observation*/) override {}

  std::string save_state() const override {
    common::Json state = new_state("random");
    state["proposals"] = proposals_;
    return state.dump();
  }

  void load_state(const std::string& text) override {
    proposals_ = common::json_get<uint64_t>(parse_state(text, "random"), "proposals", kStateName);
  }

 private:
  SpaceView view_;
  uint64_t seed_;
  uint64_t proposals_ = 0;
};

std::unique_ptr<Strategy> make(const SpaceView& view, const StrategySetup& setup) {
  return std::make_unique<RandomSearch>(view, setup.seed);
}

const common::Register<StrategyPlugin> kRegister{
    {.name = "random",
     .summary = "Uniformly random choices: what every other strategy must beat",
     .make = make}};

}  // namespace
}  // namespace nas::controller
