#include "controller/mutation.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "tests/support/decision_space.h"

namespace nas::controller {
namespace {

constexpr int kDraws = 6000;

// "inner" is there if "outer" is 1; "only" has one value.
const DecisionSpace& nested() {
  static const DecisionSpace space({
      {.name = "outer", .values = numbered(3), .kind = "a"},
      {.name = "only", .values = numbered(1), .kind = "b"},
      {.name = "free", .values = numbered(5), .kind = "c"},
      {.name = "inner",
       .values = numbered(4),
       .kind = "d",
       .active_if = search_space::Decision::Condition{.decision = 0, .choice = 1}},
  });
  return space;
}

TEST_CASE("mutation: one active decision changes, each as often", "[controller]") {
  common::RandomStream random({.seed = 1, .purpose = "test"});
  const Choices start = {1, 0, 2, 3};
  std::vector<int> changed(start.size(), 0);
  for (int i = 0; i < kDraws; ++i) {
    const Choices choices = mutate(SpaceView(nested()), start, random);
    REQUIRE(nested().valid(choices));
    const bool switched_off = choices[0] != start[0];
    REQUIRE((choices[3] == search_space::kInactive) == switched_off);
    for (size_t d = 0; d < start.size(); ++d) {
      if (choices[d] != start[d] && !(d == 3 && switched_off)) ++changed[d];
    }
  }
  CHECK(changed[1] == 0);
  CHECK(changed[0] + changed[2] + changed[3] == kDraws);
  for (const size_t d : {0, 2, 3}) CHECK(std::abs(changed[d] - kDraws / 3) < 200);
}

TEST_CASE("mutation: the new value and what it switches on are drawn uniformly", "[controller]") {
  common::RandomStream random({.seed = 2, .purpose = "test"});
  const Choices start = {0, 0, 2, search_space::kInactive};
  std::vector<int> outer(3, 0);
  std::vector<int> free(5, 0);
  std::vector<int> inner(4, 0);
  for (int i = 0; i < kDraws; ++i) {
    const Choices choices = mutate(SpaceView(nested()), start, random);
    REQUIRE(nested().valid(choices));
    ++outer[static_cast<size_t>(choices[0])];
    ++free[static_cast<size_t>(choices[2])];
    if (choices[3] != search_space::kInactive) ++inner[static_cast<size_t>(choices[3])];
  }
  for (const size_t value : {1, 2}) CHECK(std::abs(outer[value] - kDraws / 4) < 200);
  for (const size_t value : {0, 1, 3, 4}) CHECK(std::abs(free[value] - kDraws / 8) < 200);
  for (const int count : inner) CHECK(std::abs(count - kDraws / 16) < 100);
}

TEST_CASE("mutation: where nothing can change, nothing does", "[controller]") {
  const DecisionSpace space({{.name = "only", .values = numbered(1), .kind = "a"}});
  common::RandomStream random({.seed = 1, .purpose = "test"});
  CHECK(mutate(SpaceView(space), {0}, random) == Choices{0});
}

}  // namespace
}  // namespace nas::controller
