// Repeats: at the end of a search the most promising trials are trained again, with other seeds, so
// that the choice among them does not rest on one training each.
#pragma once

#include <string>
#include <vector>

#include "common/options.h"
#include "engine/trial.h"

namespace nas::engine {

// Throws ConfigError where so many are asked of an evaluator without noise, which would give the
// same rewards again.
void check_repeats(int64_t repeats, const std::string& evaluator);

// The trainings that --repeats asks for and that are not there yet: of the best so many trials by
// what their own trainings say, so that it does not matter when it is asked. Each is trained for
// all of --epochs. None for evaluators without noise. `further`: see Store.
std::vector<Trial> missing_repeats(const std::vector<Trial>& trials,
                                   const std::vector<Trial>& further,
                                   const common::Options& options);

}  // namespace nas::engine
