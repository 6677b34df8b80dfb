// What is shown of a run, in nas status, nas list runs and the report.
#pragma once

#include <string>
#include <vector>

#include "common/options.h"
#include "engine/run_folder.h"
#include "engine/store.h"

namespace nas::engine {

enum class RunState {
  kRunning,       // a coordinator holds the folder
  kInterrupted,   // unfinished, and nobody works on it: `nas search --run` goes on
  kFinished,      // all its trials
  kStoppedEarly,  // by its time limit, or nothing (new, or within the limits) was left to propose
};
RunState run_state(const RunFolder& run, Store& store);
std::string state_text(RunState state);  // "running", "interrupted", "finished", "stopped early"

// "30 SUCCEEDED, 2 OOM, 4 repeated".
std::string counts_text(const std::vector<Trial>& trials);

// What is done to a trial: "trained", or with shared weights, of which one training serves all,
// "rewarded". `options` of the run.
std::string rewarding_text(const common::Options& options);

// Of a search that ran out of proposals: what became of them, and an example of what was refused.
// `rewarding`: as above.
std::string why_exhausted(const std::vector<Trial>& trials, const std::string& rewarding);

// The architecture for people: its key, or of one that the user gave and that is not of the space
// its name.
std::string architecture_text(const Trial& trial);

// Trainings (is_training()) that ended, in whatever way.
int64_t count_trainings(const std::vector<Trial>& trials);
int64_t count_failed(const std::vector<Trial>& trials);  // of these: without a reward

}  // namespace nas::engine
