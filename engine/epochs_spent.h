// How many epochs the trainings of a run took, what they would have taken in full, and who went on.
#pragma once

#include <string>
#include <vector>

#include "common/json.h"
#include "common/options.h"
#include "engine/trial.h"

namespace nas::engine {

struct EpochsSpent {
  struct Rung {
    int64_t epochs = 0;    // after which it is decided
    int64_t trained = 0;   // trials that were trained so far, failed ones included
    int64_t promoted = 0;  // of these
  };
  int64_t search = 0;         // by children and their promotions
  int64_t in_full = 0;        // that the same children take with --fidelity full
  int64_t repeats = 0;        // by repeats
  int64_t finalists = 0;      // by finalists
  int64_t stopped_early = 0;  // children that have a reward, and not after all of --epochs
  std::vector<Rung> rungs;    // with --fidelity full there are none

  int64_t all() const { return search + repeats + finalists; }
};

// All 0 for evaluators whose rewards do not depend on epochs. `further`: see Store.
EpochsSpent epochs_spent(const std::vector<Trial>& trials, const std::vector<Trial>& further,
                         const common::Options& options);

common::Json to_json(const EpochsSpent& spent);
// "46 trained: 26 by the search in place of 48, 20 by finalists; 5 of 16 promoted after 1; 11
// trials not in full".
std::string epochs_text(const EpochsSpent& spent);

}  // namespace nas::engine
