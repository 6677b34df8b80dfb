// Which trials are proposed together, and what is known by then.
#pragma once

#include <algorithm>
#include <cstdint>

namespace nas::engine {

// A round is for one training: an architecture that the user gave, or a pool of proposals of which
// the best is trained. Its trials have consecutive ids.
struct Rounds {
  int64_t given = 0;   // rounds of one trial at the start
  int64_t pool = 1;    // trials of each later round
  int64_t window = 1;  // rounds in flight

  int64_t first(int64_t round) const {
    return std::min(round, given) + std::max<int64_t>(0, round - given) * pool;
  }
  int64_t of(int64_t trial) const { return trial < given ? trial : given + (trial - given) / pool; }
  int64_t size(int64_t round) const { return first(round + 1) - first(round); }
  // The trials before this one have been observed, and no others, when the round is proposed.
  int64_t observed_before(int64_t round) const {
    return first(std::max<int64_t>(0, round - window + 1));
  }
};

}  // namespace nas::engine
