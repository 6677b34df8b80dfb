// A trial: one proposal and what became of it. A row of the store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/json.h"
#include "search_space/architecture.h"
#include "search_space/space.h"

namespace nas::engine {

enum class TrialState {
  kWaiting,    // to be claimed by a worker
  kLeased,     // a worker has it
  kSucceeded,  // has a reward
  kFailed,     // the child died too often, or reported an error
  kOutOfMemory,
  kNotANumber,  // the training diverged
  kTimeout,     // hung, or passed its time limit
  kInfeasible,  // refused before training
  kNotRun,      // prescreened away: another of its pool was trained
};
std::string state_text(TrialState state);             // "WAITING", …, "OOM", "NAN", "TIMEOUT"
TrialState state_from_text(const std::string& text);  // throws DataError
inline bool is_finished(TrialState state) { return state > TrialState::kLeased; }

// Keys of architectures that were given and are not of the space begin with this.
inline constexpr const char* kGivenKey = "given ";

// The ids of repeats: a further training of trial 17 is trial 1000000017, a third 2000000017.
inline constexpr int64_t kFirstRepeat = 1'000'000'000;

struct Trial {
  int64_t id = 0;              // from 0, in the order of the proposals; or that of a repeat
  std::string kind = "child";  // | "repeat"
  search_space::Choices choices = {};
  std::string key = {};  // of the space; equal keys: provably equal networks
  search_space::Architecture architecture = {};
  std::optional<int64_t> reused_from = {};  // an earlier trial with this key; costs nothing
  int64_t from_epoch = 0;
  int64_t to_epoch = 0;
  int64_t attempt = 0;  // deaths of its child so far
  TrialState state = TrialState::kWaiting;
  std::string worker = {};            // who had it last
  std::string lease = {};             // of the present claim; a write with another is refused
  std::optional<double> reward = {};  // of kSucceeded
  std::string reason = {};            // of a failure, or of a missing score
  common::Json metrics = common::Json::object();  // of the last epoch; costs, scores
  common::Json files = common::Json::object();    // name -> sha256, in the trial's folder
  double seconds = 0.0;                           // of training
};

// Whether --trials counts it: a repeat, what was refused and what was not run cost nothing.
inline bool is_training(const Trial& trial) {
  return !trial.reused_from && trial.state != TrialState::kInfeasible &&
         trial.state != TrialState::kNotRun;
}

// The trial that a repeat trains again.
inline int64_t parent_of(const Trial& repeat) { return repeat.id % kFirstRepeat; }

}  // namespace nas::engine
