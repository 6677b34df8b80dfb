// Finalists: the last step of a search, in which the best architectures are trained anew for
// longer, with a schedule of so many epochs, and the winner is taken from them (Zoph et al. 2018,
// who train the best 250 of 20,000 until they converge).
#pragma once

#include "common/options.h"
#include "engine/trial.h"

namespace nas::engine {

// finalists, finalist-epochs.
common::OptionList finalist_options();
// by_epoch: whether rewards depend on how long is trained. Throws ConfigError: epochs without
// finalists, too few of them, an evaluator without epochs.
void check_finalists(const common::Options& options, bool by_epoch);

// Of each finalist; 0 is four times --epochs.
int64_t finalist_epochs(const common::Options& options);

// The finalists that are asked for and are not there yet: the best by all trainings of the run, its
// repeats too. `further`: see Store.
std::vector<Trial> missing_finalists(const std::vector<Trial>& trials,
                                     const std::vector<Trial>& further,
                                     const common::Options& options);

}  // namespace nas::engine
