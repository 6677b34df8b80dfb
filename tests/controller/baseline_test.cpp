#include "controller/baseline.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "common/random.h"

namespace nas::controller {
namespace {

using Catch::Matchers::WithinAbs;

TEST_CASE("baseline: advantages do not depend on the scale of the rewards", "[controller]") {
  for (const bool ranks : {true, false}) {
    Baseline fractions({.ranks = ranks});
    Baseline percent({.ranks = ranks});
    common::RandomStream random({.seed = 1});
    for (int i = 0; i < 200; ++i) {
      const double reward = random.uniform();
      CHECK_THAT(percent.advantage(100.0 * reward - 7.0),
                 WithinAbs(fractions.advantage(reward), 1e-9));
    }
  }
}

TEST_CASE("baseline: no reward is an outlier", "[controller]") {
  Baseline baseline({.decay = 0.95, .ranks = false});
  common::RandomStream random({.seed = 2});
  const double bound = 1.0 / std::sqrt(0.95 * 0.05) + 1e-9;
  for (int i = 0; i < 200; ++i) {
    const double advantage = baseline.advantage(i % 50 == 49 ? -1e6 : random.normal());
    CHECK(std::abs(advantage) <= bound);
  }
}

TEST_CASE("baseline: better than usual is positive, worse is negative", "[controller]") {
  for (const bool ranks : {true, false}) {
    Baseline baseline({.ranks = ranks});
    CHECK(baseline.advantage(0.5) == 0.0);
    CHECK(baseline.advantage(0.6) > 0.0);
    CHECK(baseline.advantage(0.4) < 0.0);
    CHECK(baseline.count() == 3);
  }
}

TEST_CASE("baseline: equal rewards say nothing", "[controller]") {
  for (const bool ranks : {true, false}) {
    Baseline baseline({.ranks = ranks});
    for (int i = 0; i < 20; ++i) CHECK_THAT(baseline.advantage(0.1), WithinAbs(0.0, 1e-12));
  }
}

TEST_CASE("baseline: saved and loaded goes on bit for bit", "[controller]") {
  Baseline first({});
  common::RandomStream random({.seed = 3});
  for (int i = 0; i < 30; ++i) first.advantage(random.normal());
  Baseline second({});
  second.load(first.save());
  for (int i = 0; i < 30; ++i) {
    const double reward = random.normal();
    CHECK(first.advantage(reward) == second.advantage(reward));
  }
}

}  // namespace
}  // namespace nas::controller
