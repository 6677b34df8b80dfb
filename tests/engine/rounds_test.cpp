#include "engine/rounds.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace nas::engine {
namespace {

TEST_CASE("rounds: without a pool a round is a trial", "[engine]") {
  const Rounds rounds{.given = 2, .pool = 1, .window = 3};
  for (int64_t i = 0; i < 10; ++i) {
    CHECK(rounds.first(i) == i);
    CHECK(rounds.of(i) == i);
    CHECK(rounds.size(i) == 1);
    CHECK(rounds.observed_before(i) == std::max<int64_t>(0, i - 2));
  }
}

TEST_CASE("rounds: what the user gave comes first, one at a time, then pools", "[engine]") {
  const Rounds rounds{.given = 2, .pool = 4, .window = 2};
  const std::vector<int64_t> firsts = {0, 1, 2, 6, 10};
  for (size_t r = 0; r + 1 < firsts.size(); ++r) {
    const auto round = static_cast<int64_t>(r);
    CHECK(rounds.first(round) == firsts[r]);
    CHECK(rounds.size(round) == firsts[r + 1] - firsts[r]);
    for (int64_t id = firsts[r]; id < firsts[r + 1]; ++id) CHECK(rounds.of(id) == round);
    // All rounds but the last one are known.
    CHECK(rounds.observed_before(round) == (r == 0 ? 0 : firsts[r - 1]));
  }
}

}  // namespace
}  // namespace nas::engine
