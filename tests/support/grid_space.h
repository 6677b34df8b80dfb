// 625 networks of four decisions, and what the tests of strategies that walk from network to
// network ask of them.
#pragma once

#include <memory>
#include <string>

#include "controller/strategy.h"
#include "tests/support/decision_space.h"

namespace nas::controller {

inline const DecisionSpace& grid() {
  static const DecisionSpace space({
      {.name = "a", .values = numbered(5), .kind = "operation"},
      {.name = "b", .values = numbered(5), .kind = "operation"},
      {.name = "c", .values = numbered(5), .kind = "operation"},
      {.name = "d", .values = numbered(5), .kind = "operation"},
  });
  return space;
}
inline constexpr int kGridNeighbours = 16;

inline std::unique_ptr<Strategy> grid_strategy(const std::string& name, uint64_t seed,
                                               const common::Options& options = {}) {
  return make_strategy(name, SpaceView(grid()), {.seed = seed, .options = options});
}

// How many decisions differ.
inline int distance(const Choices& a, const Choices& b) {
  int count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += a[i] != b[i] ? 1 : 0;
  return count;
}

// What `random` proposes with this seed.
inline std::vector<Choices> random_proposals(uint64_t seed, size_t count) {
  const auto strategy = grid_strategy("random", seed);
  std::vector<Choices> proposals;
  for (size_t i = 0; i < count; ++i) proposals.push_back(strategy->propose());
  return proposals;
}

}  // namespace nas::controller
