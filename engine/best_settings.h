// The settings that a tuning ends with, as a file that `nas transfer --config` takes.
#pragma once

#include "engine/run_folder.h"
#include "engine/trial.h"

namespace nas::engine {

// best/settings.toml
std::filesystem::path best_settings_file(const RunFolder& run);

// What a trial was trained with, but for its length and its means (precision, kernels). Empty in a
// run whose space is one of networks. `options` of the run.
common::Options settings_of_trial(const common::Options& options, const Trial& trial);

// Those of the winner, and all others that its trials had but the epochs: what was tuned fits them.
// Only in a run whose space is one of settings. Throws SystemError.
void write_best_settings(const RunFolder& run, const common::Options& options, const Trial& winner);

}  // namespace nas::engine
