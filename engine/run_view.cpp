#include "engine/run_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/text.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

RunState run_state(const RunFolder& run, Store& store) {
  // The lock first: a coordinator that ends between the two looks has written its end before.
  if (is_locked(run.path())) return RunState::kRunning;
  const std::string end = store.meta("end");
  if (end.empty()) return RunState::kInterrupted;
  return end == "done" ? RunState::kFinished : RunState::kStoppedEarly;
}

std::string state_text(RunState state) {
  switch (state) {
    case RunState::kRunning:
      return "running";
    case RunState::kInterrupted:
      return "interrupted";
    case RunState::kFinished:
      return "finished";
    case RunState::kStoppedEarly:
      return "stopped early";
  }
  return "";
}

std::string counts_text(const std::vector<Trial>& trials) {
  std::map<std::string, int> counts;
  for (const auto& trial : trials)
    ++counts[trial.reused_from ? "repeated" : state_text(trial.state)];
  std::vector<std::string> parts;
  for (const auto& [state, count] : counts) parts.push_back(fmt::format("{} {}", count, state));
  return common::join(parts, ", ");
}

std::string rewarding_text(const common::Options& options) {
  return SupernetSchedule(options).shared() ? "rewarded" : "trained";
}

std::string why_exhausted(const std::vector<Trial>& trials, const std::string& rewarding) {
  std::string text = fmt::format("of {} proposals {} were {} ({})", trials.size(),
                                 count_trainings(trials), rewarding, counts_text(trials));
  const auto refused = std::find_if(trials.begin(), trials.end(), [](const Trial& trial) {
    return trial.state == TrialState::kInfeasible;
  });
  if (refused != trials.end())
    text += fmt::format("; INFEASIBLE is e.g. trial {}: {}", refused->id, refused->reason);
  return text;
}

std::string architecture_text(const Trial& trial) {
  if (!common::starts_with(trial.key, kGivenKey)) return trial.key;
  return "given: " + (trial.architecture.name.empty()
                          ? fmt::format("trials/{:06}/architecture.json", trial.id)
                          : trial.architecture.name);
}

int64_t count_trainings(const std::vector<Trial>& trials) {
  return std::count_if(trials.begin(), trials.end(), [](const Trial& trial) {
    return is_finished(trial.state) && is_training(trial);
  });
}

int64_t count_failed(const std::vector<Trial>& trials) {
  return std::count_if(trials.begin(), trials.end(), [](const Trial& trial) {
    return is_finished(trial.state) && is_training(trial) && trial.state != TrialState::kSucceeded;
  });
}

}  // namespace nas::engine
