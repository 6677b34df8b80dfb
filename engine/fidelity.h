// How long the children of a search are trained: all of them in full, or in rungs of more and more
// epochs, where a rule says which go on from each (engine/ladder.h climbs). One file each in
// engine/fidelities/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/registry.h"

namespace nas::engine {

// What became of one training that reached a rung.
struct RungResult {
  bool succeeded = false;            // else it failed on the way, and the rest is not known
  double reward = 0.0;               // after the rung's last epoch; finite, larger is better
  std::vector<double> rewards = {};  // after each epoch from the first on, `reward` the last
};

// Decides in one rung, result by result. What it says depends on the results added so far and on
// their order, on nothing else; so a search that is continued decides as it did.
class PromotionRule {
 public:
  virtual ~PromotionRule() = default;

  // A further result. The place of the one that goes on now, if any: 0 is the first result that was
  // added. None is named twice, and none that failed.
  virtual std::optional<size_t> add(const RungResult& result) = 0;

  // The places that have not been named and will not be, if the rung gets `most` results at most.
  virtual std::vector<size_t> never(size_t most) const = 0;
};

struct FidelityPlugin {
  static constexpr const char* kKind = "fidelity";
  std::string name;
  std::string summary;
  // The rule of one rung; eta >= 2. Null: there is one rung, the whole training.
  std::unique_ptr<PromotionRule> (*make)(int64_t eta) = nullptr;
  // The share of a rung's results that goes on, for projections.
  double (*share)(int64_t eta) = nullptr;
  // With fewer trials none would be trained to the end, or none would be stopped.
  int64_t (*fewest_trials)(int64_t eta, int64_t rungs) = nullptr;
  // A result is judged when it comes, once. The strategy is then told of a trial when it goes no
  // further; else what it has after the first rung, for it may go on at any time.
  bool judges_once = false;
};

}  // namespace nas::engine
