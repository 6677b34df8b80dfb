// Further trainings of trials, with other seeds: at the end of a search of the most promising ones,
// so that the choice among them does not rest on one training each.
#pragma once

#include <functional>

#include "engine/run_folder.h"
#include "engine/store.h"

namespace nas::engine {

// The number-th further training of a trial (from 1): a row of kind "repeat". Its id is its seed:
// of the weights, the order of the images and their augmentation.
Trial repeat_of(const Trial& trial, int64_t number);

// The trainings that --repeats asks for and that are not there yet: of the best so many trials by
// what their own trainings say, so that it does not matter when it is asked. None for evaluators
// without noise.
std::vector<Trial> missing_repeats(const std::vector<Trial>& trials,
                                   const std::vector<Trial>& repeats,
                                   const common::Options& options);

// Adds those of `repeats` that the run does not have, and has local workers train all that are not
// finished. False when asked to stop. `show` is called often. The caller holds the folder's lock.
bool train_repeats(const RunFolder& run, const common::Options& options,
                   const std::vector<Trial>& repeats,
                   const std::function<void(int64_t done, int64_t count)>& show);

}  // namespace nas::engine
