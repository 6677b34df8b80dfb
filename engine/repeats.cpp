#include "engine/repeats.h"

#include <algorithm>
#include <set>

#include "common/error.h"
#include "engine/evaluator.h"
#include "engine/run_space.h"
#include "engine/trained.h"
#include "engine/winner.h"

namespace nas::engine {

namespace {

bool tunes_settings(const std::vector<Trial>& trials) {
  return std::any_of(trials.begin(), trials.end(),
                     [](const Trial& trial) { return trial.key == kSettingsAsGiven; });
}

// Those with the highest rewards, first of those that were trained longest, as a model of a few
// trials smooths over the one setting that matters; and those as given, which all others are
// compared with.
std::vector<Trial> settings_to_repeat(const std::vector<Trial>& trials,
                                      const std::vector<Trial>& promotions, size_t count) {
  std::vector<Trial> chosen;
  std::set<std::string> keys;
  for (const int64_t epochs : trained_epochs(trials, promotions)) {
    auto trained = trained_architectures(trials, promotions, epochs);
    std::stable_sort(trained.begin(), trained.end(), [](const Trained& a, const Trained& b) {
      return a.mean_reward() > b.mean_reward();
    });
    for (const auto& one : trained) {
      const std::string& key = one.trial.key;
      const bool wanted = chosen.size() < count || key == kSettingsAsGiven;
      if (wanted && keys.insert(key).second) chosen.push_back(one.trial);
    }
  }
  return chosen;
}

}  // namespace

void check_repeats(int64_t repeats, const std::string& evaluator) {
  const std::string& exact = common::Registry<EvaluatorPlugin>::find(evaluator).exact;
  if (repeats == 0 || exact.empty()) return;
  throw common::ConfigError({.where = "--repeats",
                             .what = "the same rewards would come out: " + exact,
                             .got = std::to_string(repeats) + " with --evaluator " + evaluator,
                             .expected = "0"});
}

std::vector<Trial> missing_repeats(const std::vector<Trial>& trials,
                                   const std::vector<Trial>& further,
                                   const common::Options& options) {
  const auto wanted = static_cast<size_t>(options.integer("repeats"));
  const auto& evaluator = common::Registry<EvaluatorPlugin>::find(options.text("evaluator"));
  if (wanted == 0 || !evaluator.exact.empty()) return {};
  std::vector<Trial> promotions = further;
  std::erase_if(promotions, [](const Trial& row) { return row.kind != "promotion"; });
  const std::vector<Trial> best = tunes_settings(trials)
                                      ? settings_to_repeat(trials, promotions, wanted)
                                      : best_trials(trials, promotions, options, wanted);
  std::vector<Trial> missing;
  for (const Trial& trial : best) {
    const bool there = std::any_of(further.begin(), further.end(), [&](const Trial& row) {
      return row.kind == "repeat" && parent_of(row) == trial.id;
    });
    if (there) continue;
    missing.push_back(repeat_of(trial, 1));
    missing.back().to_epoch = options.integer("epochs");
  }
  return missing;
}

}  // namespace nas::engine
