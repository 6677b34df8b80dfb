#include "engine/proxy_trainings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/log.h"
#include "engine/further_trainings.h"
#include "engine/job_options.h"
#include "engine/reward_model.h"
#include "engine/run_result.h"
#include "engine/run_store.h"
#include "engine/run_view.h"
#include "engine/search.h"
#include "engine/search_options.h"

namespace nas::engine {

namespace {

// What a search has and this bench decides, or does not need.
bool is_left_out(const std::string& name) {
  static const std::set<std::string> names = {
      "run",       "strategy",   "trials",        "start-with", "repeats",
      "evaluator", "table",      "reward-column", "time-limit", "dry-run",
      "fidelity",  "min-epochs", "eta",           "finalists",  "finalist-epochs"};
  return names.count(name) > 0 || name.find('.') != std::string::npos;
}

std::string where_of(const common::Options& options) { return "--out " + options.text("out"); }

// What its children are trained with: a run that is there goes on as it was begun, which is checked
// here, before anything is trained.
common::Options resolved(const common::Options& options, const RunFolder& run,
                         common::Options settings) {
  if (run.exists()) {
    const common::Options begun = run_options(run);
    if (begun.list("start-with") != settings.list("start-with")) {
      // --start-with is no option of this bench: a search's message would not help.
      throw common::ConfigError(
          {.where = where_of(options),
           .what = "the trainings in " + run.path().string() + " are of other architectures",
           .expected = "the same --table, --architectures, --space and --seed",
           .hint = "another --out"});
    }
    // A search knows which names of a store are one.
    settings.set_value("store", begun.at("store").value, "default");
    return begun.continued_with(settings, where_of(options));
  }
  apply_preset(settings, child_trainer::find_devices(settings.text("device")).front().is_cuda());
  return settings;
}

// A search without a strategy. False when asked to stop.
bool train_run(const RunFolder& run, const common::Options& settings) {
  if (run.exists()) {
    Store store = open_store(run);
    if (store.meta("end") == "done" &&
        count_trainings(store.trials()) >= settings.integer("trials")) {
      return true;
    }
  }
  return search(settings).end != SearchEnd::kAskedToStop;
}

// The architectures that have a reward.
std::vector<std::string> files_of(const RunFolder& run, const std::vector<Trial>& trials) {
  std::vector<std::string> files;
  for (const auto& trial : trials) {
    if (trial.reward && !trial.reused_from)
      files.push_back((run.trial(trial.id) / "architecture.json").string());
  }
  return files;
}

}  // namespace

common::OptionList proxy_training_options() { return search_options_without(is_left_out); }

ProxyTrainings::ProxyTrainings(const common::Options& options,
                               std::vector<std::string> architectures)
    : options_(options),
      architectures_(std::move(architectures)),
      short_(std::filesystem::path(options.text("out")) / "short"),
      long_(std::filesystem::path(options.text("out")) /
            fmt::format("long-{}", options.integer("long-epochs"))) {
  if (!short_.exists() && options_.text("proxy").empty()) {
    throw common::UsageError(
        {.where = "nas bench proxy", .what = "no proxy dataset", .hint = "--proxy cifar10"});
  }
  const auto children = resolved(options_, short_, settings(short_, architectures_));
  if (is_longer()) check_longer(children);
}

void ProxyTrainings::check_longer(const common::Options& children) const {
  const int64_t epochs = children.integer("epochs");
  if (options_.integer("long-epochs") <= epochs) {
    throw common::UsageError({.where = "--long-epochs",
                              .what = "the longer training is not longer than a child's",
                              .got = options_.at("long-epochs").value_text(),
                              .expected = fmt::format("more than --epochs {}", epochs)});
  }
  if (!long_.exists()) return;
  const auto trials = open_store(short_).trials();
  if (count_trainings(trials) < options_.integer("architectures")) {
    throw common::ConfigError(
        {.where = "--architectures",
         .what = "the longer trainings in " + long_.path().string() + " are of fewer architectures",
         .got = options_.at("architectures").value_text(),
         .expected = std::to_string(count_trainings(trials)),
         .hint = "another --out, or another --long-epochs"});
  }
  resolved(options_, long_, longer_settings(trials));
}

common::Options ProxyTrainings::settings(const RunFolder& run,
                                         const std::vector<std::string>& architectures) const {
  common::Options settings =
      search_options_of(options_, [](const std::string& option) { return !is_left_out(option); });
  const auto count = architectures.empty() ? options_.integer("architectures")
                                           : static_cast<int64_t>(architectures.size());
  // A bare name would be that of a run under runs/.
  const auto path = std::filesystem::path(".") / run.path();
  settings.set_value("run", path.string(), "flag");
  settings.set_value("strategy", "random", "flag");
  settings.set_value("trials", count, "flag");
  settings.set_value("start-with", architectures, "flag");
  return settings;
}

// With another seed, which draws other images, weights and batches: with the same one, what is luck
// in the children's rewards would be found again and pass for agreement.
common::Options ProxyTrainings::longer_settings(const std::vector<Trial>& trials) const {
  common::Options longer = settings(long_, files_of(short_, trials));
  longer.set_value("epochs", options_.integer("long-epochs"), "flag");
  longer.set_value("seed", options_.integer("seed") ^ 1, "flag");
  return longer;
}

bool ProxyTrainings::train() {
  if (!train_run(short_, settings(short_, architectures_))) return false;
  const auto trials = open_store(short_).trials();
  if (!repeat_middle(trials)) return false;
  return !is_longer() || train_run(long_, longer_settings(trials));
}

std::vector<Trial> ProxyTrainings::longer_trainings() const { return open_store(long_).trials(); }

// The one whose reward is in the middle stands for all: how much does its reward vary?
bool ProxyTrainings::repeat_middle(const std::vector<Trial>& trials) const {
  auto trained = trained_architectures(trials, {});
  if (trained.empty()) return true;
  std::stable_sort(trained.begin(), trained.end(), [](const Trained& a, const Trained& b) {
    return a.mean_reward() < b.mean_reward();
  });
  const Trial& middle = trained[trained.size() / 2].trial;
  std::vector<Trial> repeats;
  for (int64_t number = 1; number < options_.integer("seeds"); ++number)
    repeats.push_back(repeat_of(middle, number));
  if (repeats.empty()) return true;
  const FolderLock lock(short_.path());
  const common::Options run = run_options(short_);
  common::ProgressLine line;
  const bool whole = train_further(
      short_, run, "repeat", run.integer("epochs"), repeats, [&](int64_t done, int64_t count) {
        line.show(fmt::format("{}/{} further trainings of trial {}", done, count, middle.id),
                  done == count);
      });
  line.finish();
  write_result(short_, run);  // that of the search did not know of them
  return whole;
}

}  // namespace nas::engine
