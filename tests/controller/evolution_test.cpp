// Regularised evolution: who is born of whom, and who dies.
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <set>

#include "common/error.h"
#include "tests/support/grid_space.h"

namespace nas::controller {
namespace {

constexpr size_t kPopulation = 6;

std::unique_ptr<Strategy> evolution(uint64_t seed, int64_t population, int64_t tournament) {
  common::Options options(common::Registry<StrategyPlugin>::find("evolution").options());
  options.set_value("population", population, "test");
  options.set_value("tournament", tournament, "test");
  return grid_strategy("evolution", seed, options);
}

// The best of all members wins.
std::unique_ptr<Strategy> strict_evolution(uint64_t seed) {
  return evolution(seed, kPopulation, kPopulation);
}

TEST_CASE("evolution: begins with a random population", "[controller]") {
  const auto strategy = strict_evolution(3);
  for (const Choices& expected : random_proposals(3, kPopulation)) {
    CHECK(strategy->propose() == expected);
    strategy->observe({.choices = expected, .reward = 0.5});
  }
}

TEST_CASE("evolution: proposes mutations of the best that is alive", "[controller]") {
  const auto strategy = strict_evolution(1);
  std::vector<Choices> trials;
  for (size_t i = 0; i < 40; ++i) {
    trials.push_back(strategy->propose());
    // The earlier, the better: the best that is alive is the oldest.
    if (i >= kPopulation) CHECK(distance(trials[i], trials[i - kPopulation]) == 1);
    strategy->observe({.choices = trials[i], .reward = -static_cast<double>(i)});
  }
}

TEST_CASE("evolution: a tournament of one takes any member", "[controller]") {
  const auto strategy = evolution(1, 4, 1);
  std::vector<Choices> members;
  for (int i = 0; i < 4; ++i) {
    members.push_back(strategy->propose());
    strategy->observe({.choices = members.back(), .reward = i == 0 ? 1.0 : 0.0});
  }
  std::set<size_t> parents;
  for (int i = 0; i < 60; ++i) {
    const Choices child = strategy->propose();
    for (size_t m = 0; m < members.size(); ++m) {
      if (distance(child, members[m]) == 1) parents.insert(m);
    }
    strategy->observe({.choices = child, .outcome = Outcome::kNotRun});  // nobody joins
  }
  CHECK(parents.size() == members.size());
}

TEST_CASE("evolution: what failed or was not run never joins", "[controller]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Observation> losses = {
      {.choices = {}, .outcome = Outcome::kFailed},
      {.choices = {}, .outcome = Outcome::kNotRun},
      {.choices = {}, .outcome = Outcome::kSucceeded, .reward = nan}};
  for (const Observation& loss : losses) {
    const auto strategy = strict_evolution(2);
    const auto expected = random_proposals(2, 30);
    const auto lose = [&](const Choices& choices) {
      Observation observation = loss;
      observation.choices = choices;
      strategy->observe(observation);
    };
    for (size_t i = 0; i < 10; ++i) {  // nothing succeeds: it goes on at random
      CHECK(strategy->propose() == expected[i]);
      lose(expected[i]);
    }
    for (size_t i = 10; i < 10 + kPopulation; ++i) {
      CHECK(strategy->propose() == expected[i]);
      strategy->observe({.choices = expected[i], .reward = -static_cast<double>(i)});
    }
    for (int i = 0; i < 20; ++i) {  // so the oldest does not die
      const Choices child = strategy->propose();
      CHECK(distance(child, expected[10]) == 1);
      lose(child);
    }
  }
}

TEST_CASE("evolution: proposals in flight count as members to come", "[controller]") {
  const auto expected = random_proposals(5, 20);
  const auto waiting = strict_evolution(5);
  for (const Choices& choices : expected) CHECK(waiting->propose() == choices);  // nobody to mutate

  const auto strategy = strict_evolution(5);
  for (size_t i = 0; i < kPopulation; ++i) CHECK(strategy->propose() == expected[i]);
  strategy->observe({.choices = expected[0], .reward = 1.0});
  CHECK(distance(strategy->propose(), expected[0]) == 1);
  strategy->observe({.choices = expected[1], .outcome = Outcome::kFailed});
  CHECK(distance(strategy->propose(), expected[0]) == 1);  // the one in flight takes its place
}

TEST_CASE("evolution: options out of range are refused", "[controller]") {
  CHECK_THROWS_AS(evolution(1, 0, 3), common::ConfigError);
  CHECK_THROWS_AS(evolution(1, 10, 0), common::ConfigError);
}

}  // namespace
}  // namespace nas::controller
