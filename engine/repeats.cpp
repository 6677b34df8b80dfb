#include "engine/repeats.h"

#include <algorithm>

#include "engine/evaluator.h"
#include "engine/winner.h"

namespace nas::engine {

std::vector<Trial> missing_repeats(const std::vector<Trial>& trials,
                                   const std::vector<Trial>& further,
                                   const common::Options& options) {
  const auto wanted = static_cast<size_t>(options.integer("repeats"));
  if (wanted == 0 || common::Registry<EvaluatorPlugin>::find(options.text("evaluator")).exact)
    return {};
  std::vector<Trial> promotions = further;
  std::erase_if(promotions, [](const Trial& row) { return row.kind != "promotion"; });
  std::vector<Trial> missing;
  for (const Trial& trial : best_trials(trials, promotions, options, wanted)) {
    const bool there = std::any_of(further.begin(), further.end(), [&](const Trial& row) {
      return row.kind == "repeat" && parent_of(row) == trial.id;
    });
    if (there) continue;
    missing.push_back(repeat_of(trial, 1));
    missing.back().to_epoch = options.integer("epochs");
  }
  return missing;
}

}  // namespace nas::engine
