// What the strategies find in the whole NASNet space, whose best is known on these objectives.
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <map>

#include "controller/strategy.h"
#include "tests/support/path_objective.h"

namespace nas::controller {
namespace {

constexpr int kTrials = 200;

const search_space::Space& space() {
  static const auto made = common::Registry<search_space::SpacePlugin>::find("nasnet").make();
  return *made;
}

// The best reward of a search, each seed with its own objective.
double best_reward(const std::string& name, uint64_t seed) {
  const PathObjective objective(seed);
  const auto strategy = make_strategy(name, SpaceView(space()), {.seed = seed});
  double best = 0.0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Choices choices = strategy->propose();
    const double reward = objective.reward(choices);
    best = std::max(best, reward);
    strategy->observe({.choices = choices, .reward = reward});
  }
  return best;
}

std::vector<double> best_rewards(const std::string& name, uint64_t seeds) {
  std::vector<double> best;
  for (uint64_t seed = 1; seed <= seeds; ++seed) best.push_back(best_reward(name, seed));
  return best;
}

// How often its standard error the mean of a - b is, seed by seed.
double lead(const std::vector<double>& a, const std::vector<double>& b) {
  const auto count = static_cast<double>(a.size());
  double mean = 0.0;
  double variance = 0.0;
  for (size_t i = 0; i < a.size(); ++i) mean += (a[i] - b[i]) / count;
  for (size_t i = 0; i < a.size(); ++i) {
    variance += (a[i] - b[i] - mean) * (a[i] - b[i] - mean) / (count - 1.0);
  }
  return mean / std::sqrt(variance / count);
}

void compare(uint64_t seeds, double errors) {
  std::map<std::string, std::vector<double>> best;
  for (const std::string name : {"random", "evolution", "surrogate", "model-ppo"}) {
    best[name] = best_rewards(name, seeds);
    double mean = 0.0;
    for (const double reward : best[name]) mean += reward / static_cast<double>(seeds);
    WARN(name << ": " << mean);
  }
  CHECK(lead(best["evolution"], best["random"]) > errors);
  CHECK(lead(best["surrogate"], best["evolution"]) > errors);
  CHECK(lead(best["model-ppo"], best["evolution"]) > errors);
}

TEST_CASE("path objective: no network is worth more than the best", "[conformance][strategy]") {
  common::RandomStream random({.seed = 5, .purpose = "test"});
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const PathObjective objective(seed);
    REQUIRE(space().valid(objective.best()));
    CHECK(objective.reward(objective.best()) == Catch::Approx(1.0));
    for (const Choices& neighbour : space().neighbours(objective.best())) {
      CHECK(objective.reward(neighbour) <= 1.0 + 1e-12);
    }
    for (int i = 0; i < 100; ++i) CHECK(objective.reward(space().sample(random)) < 1.0);
  }
}

TEST_CASE("strategy: a model beats evolution, which beats random, in the NASNet space",
          "[conformance][strategy]") {
  compare(3, 1.0);
}

TEST_CASE("strategy: a model beats evolution, which beats random, in the NASNet space, 50 seeds",
          "[conformance][strategy][.slow]") {
  compare(50, 4.0);
}

}  // namespace
}  // namespace nas::controller
