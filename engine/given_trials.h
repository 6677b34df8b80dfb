// Trials that are trained before the strategy proposes any.
#pragma once

#include <vector>

#include "common/options.h"
#include "engine/run_space.h"
#include "engine/trial.h"

namespace nas::engine {

// --start-with, in its order; of settings first those as given, that all others are to be better
// than. Throws what search_space::find_architecture() does.
std::vector<Trial> given_trials(const RunSpace& space, const common::Options& options);

}  // namespace nas::engine
