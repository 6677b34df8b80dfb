// What the strategies find in the whole NASNet space, whose best is known on these objectives.
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "controller/strategy.h"
#include "tests/support/path_objective.h"

namespace nas::controller {
namespace {

const search_space::Space& space() {
  static const auto made = common::Registry<search_space::SpacePlugin>::find("nasnet").make();
  return *made;
}

// The best reward of a search, each seed with its own objective.
double best_reward(const std::string& name, uint64_t seed, int trials) {
  const PathObjective objective(seed);
  const auto strategy = make_strategy(name, SpaceView(space()), {.seed = seed});
  double best = 0.0;
  for (int trial = 0; trial < trials; ++trial) {
    const Choices choices = strategy->propose();
    const double reward = objective.reward(choices);
    best = std::max(best, reward);
    strategy->observe({.choices = choices, .reward = reward});
  }
  return best;
}

struct Budget {
  uint64_t seeds;
  int trials;
};

std::vector<double> best_rewards(const std::string& name, const Budget& budget) {
  std::vector<double> best;
  for (uint64_t seed = 1; seed <= budget.seeds; ++seed) {
    best.push_back(best_reward(name, seed, budget.trials));
  }
  return best;
}

double mean(const std::vector<double>& values) {
  double total = 0.0;
  for (const double value : values) total += value;
  return total / static_cast<double>(values.size());
}

// The mean of a - b, seed by seed, in standard errors.
double lead(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> leads;
  std::vector<double> squares;
  for (size_t i = 0; i < a.size(); ++i) leads.push_back(a[i] - b[i]);
  for (const double value : leads) squares.push_back(std::pow(value - mean(leads), 2));
  return mean(leads) / std::sqrt(mean(squares) / static_cast<double>(a.size() - 1));
}

// By more than so many standard errors.
void check_that_beats(const std::string& better, const std::string& worse, const Budget& budget,
                      double errors) {
  const auto one = best_rewards(better, budget);
  const auto other = best_rewards(worse, budget);
  INFO(better << " " << mean(one) << ", " << worse << " " << mean(other));
  CHECK(lead(one, other) > errors);
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

TEST_CASE("strategy: in the NASNet space a model beats evolution, which beats random",
          "[conformance][strategy]") {
  check_that_beats("evolution", "random", {.seeds = 50, .trials = 200}, 4.0);
  check_that_beats("surrogate", "evolution", {.seeds = 6, .trials = 50}, 2.0);
  check_that_beats("model-ppo", "evolution", {.seeds = 3, .trials = 60}, 2.0);
}

TEST_CASE("strategy: in the NASNet space a model beats evolution, 200 trials, 50 seeds",
          "[conformance][strategy][.slow]") {
  check_that_beats("surrogate", "evolution", {.seeds = 50, .trials = 200}, 4.0);
  check_that_beats("model-ppo", "evolution", {.seeds = 50, .trials = 200}, 4.0);
}

}  // namespace
}  // namespace nas::controller
