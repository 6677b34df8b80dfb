// The strategy that proposes what a supernet's mixture stands for.
#include <catch2/catch_test_macros.hpp>

#include "common/error.h"
#include "controller/strategy.h"

namespace nas::controller {
namespace {

const search_space::Space& space() {
  static const auto made = common::Registry<search_space::SpacePlugin>::find("nasbench201").make();
  return *made;
}

// Operation `op` of the space weighs most on every edge.
Observation observation(const Choices& choices, size_t op) {
  std::vector<double> weights(6 * 5, 0.1);
  for (size_t edge = 0; edge < 6; ++edge) weights[edge * 5 + op] = 0.6;
  return {.choices = choices, .reward = 0.5, .mixture = weights};
}

TEST_CASE("darts: a proposal is derived from the mixture observed last", "[controller]") {
  const auto strategy = make_strategy("darts", SpaceView(space()), {.seed = 1});
  const Choices first = strategy->propose();
  CHECK(space().valid(first));
  strategy->observe(observation(first, 3));
  const Choices second = strategy->propose();
  CHECK(second == Choices(6, 3));
  // What failed has left no mixture.
  strategy->observe({.choices = second, .outcome = Outcome::kFailed});
  CHECK(strategy->propose() == Choices(6, 3));
  strategy->observe(observation(second, 1));
  CHECK(strategy->propose() == Choices(6, 1));

  const auto again = make_strategy("darts", SpaceView(space()), {.seed = 1});
  again->load_state(strategy->save_state());
  CHECK(again->save_state() == strategy->save_state());
  CHECK(again->propose() == Choices(6, 1));
  CHECK_THROWS_AS(again->load_state(R"({"strategy": "random"})"), common::DataError);
}

TEST_CASE("strategy: paths are drawn from what has been learnt, which stays as it is",
          "[controller]") {
  for (const std::string name : {"ppo", "reinforce"}) {
    CAPTURE(name);
    CHECK(common::Registry<StrategyPlugin>::find(name).samples);
    const auto strategy = make_strategy(name, SpaceView(space()), {.seed = 1});
    for (int trial = 0; trial < 200; ++trial) {
      const Choices choices = strategy->propose();
      // Only the first decision matters.
      strategy->observe({.choices = choices, .reward = choices[0] == 2 ? 1.0 : 0.0});
    }
    const std::string before = strategy->save_state();
    const auto draw = [&](uint64_t seed) {
      common::RandomStream random({.seed = seed, .purpose = "paths"});
      return strategy->sample(100, random);
    };
    const auto paths = draw(1);
    CHECK(strategy->save_state() == before);
    REQUIRE(paths.size() == 100);
    int learnt = 0;
    for (const Choices& path : paths) {
      CHECK(space().valid(path));
      learnt += path[0] == 2 ? 1 : 0;
    }
    CHECK(learnt > 50);  // of five values
    CHECK(draw(1) == paths);
    CHECK(draw(2) != paths);
  }
  for (const auto& name : strategies_by_reward()) {
    if (common::Registry<StrategyPlugin>::find(name).samples) continue;
    const auto strategy = make_strategy(name, SpaceView(space()), {.seed = 1});
    common::RandomStream random({.seed = 1});
    if (name != "model-ppo") CHECK(strategy->sample(3, random).empty());
  }
}

}  // namespace
}  // namespace nas::controller
