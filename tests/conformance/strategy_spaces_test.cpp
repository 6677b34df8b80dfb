// Every strategy on every space, registered or from a file: valid proposals, which the seed
// decides, and which go on as they would have after a kill.
#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <set>

#include "controller/strategy.h"
#include "tests/support/spaces.h"

namespace nas::controller {
namespace {

constexpr int kTrials = 24;  // more than policies wait for before they learn
constexpr int kMore = 6;
constexpr size_t kWindow = 3;  // proposals in flight

// As good as chance, and the same for the same choices.
double reward_of(const search_space::Space& space, const Choices& choices) {
  common::RandomStream random({.seed = 21, .purpose = space.key(choices)});
  return random.uniform();
}

struct Search {
  std::unique_ptr<Strategy> strategy;
  std::deque<Choices> pending = {};

  std::vector<Choices> go_on(const search_space::Space& space, int trials) {
    std::vector<Choices> proposals;
    for (int i = 0; i < trials; ++i) {
      proposals.push_back(strategy->propose());
      pending.push_back(proposals.back());
      if (pending.size() < kWindow) continue;
      const double reward = reward_of(space, pending.front());
      strategy->observe({.choices = pending.front(),
                         .outcome = reward < 0.1 ? Outcome::kFailed : Outcome::kSucceeded,
                         .reward = reward});
      pending.pop_front();
    }
    return proposals;
  }
};

TEST_CASE("strategy: each works on each space, and goes on after a kill",
          "[conformance][strategy][space]") {
  for (const auto& [space_name, make] : search_space::all_spaces()) {
    const auto space = make();
    const SpaceView view(*space);
    for (const auto& name : common::Registry<StrategyPlugin>::names()) {
      CAPTURE(name, space_name);
      Search straight{make_strategy(name, view, {.seed = 1})};
      const auto first = straight.go_on(*space, kTrials);
      for (const Choices& choices : first) REQUIRE(space->valid(choices));
      CHECK(std::set<Choices>(first.begin(), first.end()).size() > kTrials / 2);

      Search restored{make_strategy(name, view, {.seed = 1}), straight.pending};
      restored.strategy->load_state(straight.strategy->save_state());
      CHECK(restored.go_on(*space, kMore) == straight.go_on(*space, kMore));
      CHECK(restored.strategy->save_state() == straight.strategy->save_state());

      const auto begun = [&](uint64_t seed) {
        return Search{make_strategy(name, view, {.seed = seed})}.go_on(*space, kMore);
      };
      CHECK(begun(1) == std::vector<Choices>(first.begin(), first.begin() + kMore));
      CHECK(begun(2) != begun(1));
    }
  }
}

}  // namespace
}  // namespace nas::controller
