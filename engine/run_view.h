// What is shown of a run, in nas status, nas list runs and the report.
#pragma once

#include <string>
#include <vector>

#include "engine/run_folder.h"
#include "engine/store.h"

namespace nas::engine {

enum class RunState {
  kRunning,       // a coordinator holds the folder
  kInterrupted,   // unfinished, and nobody works on it: `nas search --run` goes on
  kFinished,      // all its trials
  kStoppedEarly,  // by its time limit, or nothing new was left to propose
};
RunState run_state(const RunFolder& run, Store& store);
std::string state_text(RunState state);  // "running", "interrupted", "finished", "stopped early"

// "30 SUCCEEDED, 2 OOM, 4 repeated".
std::string counts_text(const std::vector<Trial>& trials);

// Trainings (is_training()) that ended, in whatever way.
int64_t count_trainings(const std::vector<Trial>& trials);

}  // namespace nas::engine
