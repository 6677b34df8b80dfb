#include "engine/repeats.h"

#include <algorithm>

#include "common/file.h"
#include "common/log.h"
#include "engine/evaluator.h"
#include "engine/local_workers.h"
#include "engine/run_space.h"
#include "engine/run_store.h"
#include "engine/signals.h"
#include "engine/winner.h"

namespace nas::engine {

namespace {

constexpr int kPauseMs = 100;

bool tunes_settings(const std::vector<Trial>& trials) {
  return std::any_of(trials.begin(), trials.end(),
                     [](const Trial& trial) { return trial.key == kSettingsAsGiven; });
}

// Those with the highest rewards, as a model of a few trials smooths over the one setting that
// matters; and those as given, which all others are compared with.
std::vector<Trial> settings_to_repeat(std::vector<Trial> trials, size_t count) {
  std::erase_if(trials, [](const Trial& trial) { return !trial.reward || trial.reused_from; });
  std::stable_sort(trials.begin(), trials.end(),
                   [](const Trial& a, const Trial& b) { return *a.reward > *b.reward; });
  std::vector<Trial> chosen;
  for (const Trial& trial : trials) {
    if (chosen.size() < count || trial.key == kSettingsAsGiven) chosen.push_back(trial);
  }
  return chosen;
}

}  // namespace

Trial repeat_of(const Trial& trial, int64_t number) {
  return {.id = trial.id + number * kFirstRepeat,
          .kind = "repeat",
          .choices = trial.choices,
          .key = trial.key,
          .architecture = trial.architecture,
          .to_epoch = trial.to_epoch};
}

std::vector<Trial> missing_repeats(const std::vector<Trial>& trials,
                                   const std::vector<Trial>& repeats,
                                   const common::Options& options) {
  const auto wanted = static_cast<size_t>(options.integer("repeats"));
  if (wanted == 0 || common::Registry<EvaluatorPlugin>::find(options.text("evaluator")).exact)
    return {};
  const std::vector<Trial> best = tunes_settings(trials) ? settings_to_repeat(trials, wanted)
                                                         : best_trials(trials, options, wanted);
  std::vector<Trial> missing;
  for (const Trial& trial : best) {
    const bool there = std::any_of(repeats.begin(), repeats.end(), [&](const Trial& repeat) {
      return parent_of(repeat) == trial.id;
    });
    if (!there) missing.push_back(repeat_of(trial, 1));
  }
  return missing;
}

bool train_repeats(const RunFolder& run, const common::Options& options,
                   const std::vector<Trial>& repeats,
                   const std::function<void(int64_t done, int64_t count)>& show) {
  Store store = open_store(run);
  store.release_worker("");  // whoever holds a lease on this host is dead
  for (const Trial& repeat : repeats) {
    if (store.trial(repeat.id)) continue;
    common::write_file_atomically(run.trial(repeat.id) / "architecture.json",
                                  search_space::to_json(repeat.architecture).dump(2) + "\n");
    store.insert(repeat);
  }
  const auto finished = [&] {
    const auto rows = store.repeats();
    const auto done = std::count_if(rows.begin(), rows.end(),
                                    [](const Trial& trial) { return is_finished(trial.state); });
    const auto count = static_cast<int64_t>(rows.size());
    if (count > 0) show(done, count);
    return done == count;
  };
  if (finished()) return true;
  LocalWorkers workers(run, options.integer("workers"), options.text("device"));
  while (!finished()) {
    if (stop_signal() != 0) return false;
    workers.look_after(store);
    workers.wait(kPauseMs);
  }
  return true;
}

}  // namespace nas::engine
