// Further trainings at the end of a search: repeats (engine/repeats.h) and finalists
// (engine/finalists.h).
#pragma once

#include <functional>
#include <string>

#include "engine/run_folder.h"
#include "engine/trial.h"

namespace nas::engine {

// Adds those of `rows` that the run does not have, and has local workers train all of that kind
// that are not finished. False when asked to stop. `show` is called often, for those of so many
// epochs. The caller holds the folder's lock.
bool train_further(const RunFolder& run, const common::Options& options, const std::string& kind,
                   int64_t epochs, const std::vector<Trial>& rows,
                   const std::function<void(int64_t done, int64_t count)>& show);

}  // namespace nas::engine
