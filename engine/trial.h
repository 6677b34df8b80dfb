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

// The rows of further trainings have ids from here on, which say of which trial and what they are:
//   1000000017 … 999000000017  repeats of trial 17
//   1001000000017, 1002…       its promotions to the second rung, the third, …
//   10012000000017             it as a finalist that is trained for 12 epochs
inline constexpr int64_t kFirstFurther = 1'000'000'000;

struct Trial {
  int64_t id = 0;              // from 0, in the order of the proposals; or of a further training
  std::string kind = "child";  // | "promotion" | "repeat" | "finalist"
  search_space::Choices choices = {};
  std::string key = {};  // of the space; equal keys: provably equal networks
  search_space::Architecture architecture = {};
  std::optional<int64_t> reused_from = {};  // an earlier trial with this key; costs nothing
  int64_t from_epoch = 0;                   // of a promotion: where its trial's training goes on
  int64_t to_epoch = 0;                     // the reward is that after so many epochs
  int64_t attempt = 0;                      // deaths of its child so far
  TrialState state = TrialState::kWaiting;
  std::string worker = {};            // who had it last
  std::string lease = {};             // of the present claim; a write with another is refused
  std::optional<double> reward = {};  // of kSucceeded
  std::string reason = {};            // of a failure, or of a missing score
  common::Json metrics = common::Json::object();  // of the last epoch; costs, scores
  common::Json files = common::Json::object();    // name -> sha256, in the trial's folder
  double seconds = 0.0;                           // of training, from the first epoch on
};

// Whether --trials counts it: a repeat, what was refused and what was not run cost nothing.
inline bool is_training(const Trial& trial) {
  return !trial.reused_from && trial.state != TrialState::kInfeasible &&
         trial.state != TrialState::kNotRun;
}

// The trial that a row trains, be it the trial itself or a further training of it.
inline int64_t parent_of(int64_t id) { return id % kFirstFurther; }
inline int64_t parent_of(const Trial& row) { return parent_of(row.id); }

// A further training of a trial: its choices, key, architecture and epochs, the kind and the id.
Trial repeat_of(const Trial& trial, int64_t number);    // 1 .. 999; with another seed, its id
Trial promotion_of(const Trial& trial, int64_t rung);   // 1, 2, …; with the trial's seed
Trial finalist_of(const Trial& trial, int64_t epochs);  // to its last epoch; with another seed

// What everything random of a training is drawn by.
int64_t seed_of(const Trial& row);
// The row whose training a promotion goes on with.
int64_t continued_by(const Trial& promotion);

}  // namespace nas::engine
