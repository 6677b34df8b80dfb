// Local search: where a climb goes, and when the next one begins.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <deque>
#include <set>

#include "tests/support/grid_space.h"

namespace nas::controller {
namespace {

const Choices kPeak = {1, 4, 2, 0};

// A hill: 0 at the peak, lower with each step away from it.
double height(const Choices& choices) {
  double sum = 0.0;
  for (size_t i = 0; i < choices.size(); ++i) sum -= std::abs(choices[i] - kPeak[i]);
  return sum;
}

Choices step(Strategy& strategy) {
  const Choices choices = strategy.propose();
  strategy.observe({.choices = choices, .reward = height(choices)});
  return choices;
}

TEST_CASE("local search: moves to the first neighbour that is better", "[controller]") {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const auto strategy = grid_strategy("local-search", seed);
    Choices centre = step(*strategy);
    CHECK(centre == random_proposals(seed, 1)[0]);
    std::set<Choices> proposed = {centre};
    while (centre != kPeak) {
      const Choices next = step(*strategy);
      CHECK(distance(next, centre) == 1);
      REQUIRE(proposed.insert(next).second);  // never twice, so this ends
      if (height(next) > height(centre)) centre = next;
    }
  }
}

TEST_CASE("local search: a local optimum is left for a random start", "[controller]") {
  const auto strategy = grid_strategy("local-search", 1);
  std::set<Choices> proposed;
  while (proposed.count(kPeak) == 0) proposed.insert(step(*strategy));
  const auto near_peak = [&] {
    return std::count_if(proposed.begin(), proposed.end(),
                         [](const Choices& choices) { return distance(choices, kPeak) == 1; });
  };
  while (near_peak() < kGridNeighbours) {
    const Choices next = step(*strategy);
    CHECK(distance(next, kPeak) == 1);
    CHECK(proposed.insert(next).second);
  }
  const Choices start = step(*strategy);
  CHECK(start == random_proposals(1, proposed.size() + 1).back());
  CHECK(distance(step(*strategy), start) == 1);  // though it is worse than the peak
}

TEST_CASE("local search: what failed or was not run is no improvement", "[controller]") {
  const auto strategy = grid_strategy("local-search", 1);
  strategy->observe({.choices = strategy->propose(), .outcome = Outcome::kFailed});
  const Choices start = strategy->propose();
  CHECK(start == random_proposals(1, 2)[1]);  // a start that failed is no start
  strategy->observe({.choices = start, .reward = -100.0});
  for (int i = 0; i < kGridNeighbours; ++i) {
    const Choices next = strategy->propose();
    CHECK(distance(next, start) == 1);
    strategy->observe(
        {.choices = next, .outcome = i % 2 == 0 ? Outcome::kFailed : Outcome::kNotRun});
  }
  CHECK(strategy->propose() == random_proposals(1, 2 + kGridNeighbours + 1).back());
}

TEST_CASE("local search: reaches the top with several in flight", "[controller]") {
  for (const size_t window : {2, 5, 20}) {
    CAPTURE(window);
    const auto strategy = grid_strategy("local-search", 1);
    std::deque<Choices> waiting;
    bool found = false;
    for (int i = 0; i < 120 && !found; ++i) {
      waiting.push_back(strategy->propose());
      found = waiting.back() == kPeak;
      if (waiting.size() < window) continue;
      strategy->observe({.choices = waiting.front(), .reward = height(waiting.front())});
      waiting.pop_front();
    }
    CHECK(found);
  }
}

TEST_CASE("local search: random starts fill the time until a climb is decided", "[controller]") {
  const auto strategy = grid_strategy("local-search", 1);
  const Choices centre = strategy->propose();
  strategy->observe({.choices = centre, .reward = 0.0});
  std::vector<Choices> near;
  for (int i = 0; i < kGridNeighbours; ++i) near.push_back(strategy->propose());
  const Choices start = strategy->propose();
  CHECK(start == random_proposals(1, kGridNeighbours + 2).back());
  const auto observe = [&](const Choices& choices, double reward) {
    strategy->observe({.choices = choices, .reward = reward});
  };

  SECTION("no neighbour is better: the start begins the next climb") {
    for (const Choices& choices : near) observe(choices, -1.0);
    observe(start, -5.0);
    CHECK(distance(strategy->propose(), start) == 1);
  }
  SECTION("a neighbour is better: the climb goes on, and the start is forgotten") {
    for (const Choices& choices : near) observe(choices, choices == near[3] ? 1.0 : -1.0);
    observe(start, -5.0);
    CHECK(distance(strategy->propose(), near[3]) == 1);
  }
  SECTION("the start is better than all") {
    for (const Choices& choices : near) observe(choices, choices == near[3] ? 1.0 : -1.0);
    observe(start, 5.0);
    CHECK(distance(strategy->propose(), start) == 1);
  }
}

}  // namespace
}  // namespace nas::controller
