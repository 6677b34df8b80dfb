// Which trainings go on, by hand; what every rule must keep is tests/conformance/fidelity_test.cpp.
#include "engine/fidelity.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <set>

#include "common/random.h"

namespace nas::engine {
namespace {

using Place = std::optional<size_t>;

std::unique_ptr<PromotionRule> rule_of(const std::string& fidelity, int64_t eta) {
  return common::Registry<FidelityPlugin>::find(fidelity).make(eta);
}

RungResult rewarded(double reward) {
  return {.succeeded = true, .reward = reward, .rewards = {reward}};
}

TEST_CASE("asha: of three the best goes on, and a better one that comes later too", "[engine]") {
  const auto rule = rule_of("asha", 3);
  CHECK(rule->add(rewarded(0.5)) == Place());
  CHECK(rule->add(rewarded(0.7)) == Place());
  CHECK(rule->add(rewarded(0.6)) == Place(1));
  CHECK(rule->add(rewarded(0.8)) == Place(3));  // the best of four
  CHECK(rule->add(rewarded(0.1)) == Place());
  CHECK(rule->add(rewarded(0.1)) == Place());  // two of six have gone on, the best
  CHECK(rule->add(rewarded(0.2)) == Place());
  CHECK(rule->add(rewarded(0.2)) == Place());
  CHECK(rule->add(rewarded(0.3)) == Place(2));  // its turn has come: the third of nine
}

TEST_CASE("asha: of equals the earlier goes on; what failed counts, and never does", "[engine]") {
  const auto rule = rule_of("asha", 2);
  CHECK(rule->add(rewarded(0.5)) == Place());
  CHECK(rule->add(rewarded(0.5)) == Place(0));
  CHECK(rule->add({.succeeded = false}) == Place());
  CHECK(rule->add({.succeeded = false}) == Place(1));
  CHECK(rule->add({.succeeded = false}) == Place());
  CHECK(rule->add({.succeeded = false}) == Place());  // three of six may, but only two can
  CHECK(rule->never(6) == std::vector<size_t>{2, 3, 4, 5});
  CHECK(rule->add(rewarded(-1e9)) == Place(6));
}

// Li et al. 2020: whatever the order, the best n / eta of what a rung has are promoted, and beyond
// them some that were among the best when there were fewer.
TEST_CASE("asha: the best of all results go on in any order, and few others", "[engine]") {
  constexpr size_t kCount = 300;
  for (const int64_t eta : {2, 3, 4}) {
    double others = 0;
    constexpr int kOrders = 50;
    for (int order = 0; order < kOrders; ++order) {
      CAPTURE(eta, order);
      common::RandomStream random(
          {.seed = static_cast<uint64_t>(order), .purpose = "order of results"});
      const auto rule = rule_of("asha", eta);
      std::set<size_t> promoted;
      const auto worth = random.permutation(kCount);  // larger is better
      for (const int64_t value : worth) {
        if (const Place place = rule->add(rewarded(static_cast<double>(value))))
          promoted.insert(*place);
      }
      const size_t best = kCount / static_cast<size_t>(eta);
      for (size_t place = 0; place < kCount; ++place) {
        if (worth[place] >= static_cast<int64_t>(kCount - best)) CHECK(promoted.count(place) == 1);
      }
      others += static_cast<double>(promoted.size() - best) / kOrders;
    }
    CHECK(others < 2 * std::sqrt(kCount));
  }
}

TEST_CASE("median: stops what was never as good as the others were on average", "[engine]") {
  const auto rule = rule_of("median", 3);
  const auto add = [&](double first, double last) {
    return rule->add({.succeeded = true, .reward = last, .rewards = {first, last}});
  };
  // Means 0.625, 0.25, 0.375: the first three go on whatever they have.
  CHECK(add(0.5, 0.75) == Place(0));
  CHECK(add(0.375, 0.125) == Place(1));
  CHECK(add(0.25, 0.5) == Place(2));
  CHECK(add(0.125, 0.25) == Place());  // the median is 0.375
  CHECK(add(0.1, 0.3) == Place());     // of 0.625, 0.25, 0.375 and 0.1875: 0.3125
  CHECK(rule->add({.succeeded = false}) == Place());
  // Of these and 0.2: 0.25. The best so far counts, and has to be strictly worse.
  CHECK(add(0.25, 0.1) == Place(6));
  CHECK(rule->never(100) == std::vector<size_t>{3, 4, 5});
}

}  // namespace
}  // namespace nas::engine
