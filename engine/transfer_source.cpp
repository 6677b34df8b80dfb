#include "engine/transfer_source.h"

#include <fmt/format.h>

#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "engine/best_settings.h"
#include "engine/coordinator.h"
#include "engine/evaluator.h"
#include "engine/run_store.h"
#include "engine/run_view.h"
#include "engine/search.h"

namespace nas::engine {

namespace {

// The newest run that has a finished trial, or the one named.
RunFolder run_to_transfer(const std::string& text) {
  if (!text.empty() && text != "latest") return find_run(text);
  for (const auto& run : list_runs()) {
    try {
      if (best_of(open_store(run).trials())) return run;
    } catch (const common::Error& error) {
      common::log_warning("run " + run.path().string() + " is passed over: " + error.what());
    }
  }
  throw common::NothingError({.where = "nas transfer",
                              .what = "no run with a finished trial under " +
                                      std::filesystem::absolute(runs_root()).string(),
                              .hint = "nas search --proxy cifar10, or --arch NAME"});
}

// What the chosen trial left, or the longest of its further trainings.
std::filesystem::path weights_of(const RunFolder& run, const common::Options& options,
                                 const Trial& trial, const std::vector<Trial>& further) {
  std::filesystem::path weights;
  int64_t epochs = -1;
  const auto consider = [&](const Trial& row) {
    const auto file = run.trial(row.id) / "weights.safetensors";
    if (row.to_epoch <= epochs || !std::filesystem::exists(file)) return;
    weights = std::filesystem::absolute(file);
    epochs = row.to_epoch;
  };
  consider(trial);
  for (const Trial& row : further) {
    if (parent_of(row) == trial.id) consider(row);
  }
  if (!weights.empty()) return weights;
  // Of shared weights the best has them, whichever trials' were kept.
  const auto best = run.best() / "weights.safetensors";
  const auto facts = run.best() / "best.json";
  if (std::filesystem::exists(best) && std::filesystem::exists(facts) &&
      common::read_json(facts).at("trial") == trial.id) {
    return std::filesystem::absolute(best);
  }
  if (!common::Registry<EvaluatorPlugin>::find(options.text("evaluator")).needs_proxy) {
    throw common::ConfigError({.where = "--inherit-weights",
                               .what = "the run has trained nothing",
                               .got = "--evaluator " + options.text("evaluator"),
                               .expected = "a search with --evaluator trained or shared"});
  }
  throw common::NothingError({.where = "--inherit-weights",
                              .what = "the run has not kept the weights of its best trial",
                              .got = run.trial(trial.id).string(),
                              .hint = "a search with a larger --keep"});
}

}  // namespace

TransferSource transfer_source(const common::Options& options) {
  if (const std::string name = options.text("arch"); !name.empty()) {
    if (options.flag("inherit-weights")) {
      throw common::ConfigError({.where = "--inherit-weights",
                                 .what = "an architecture alone has no weights",
                                 .got = "--arch " + name,
                                 .expected = "--run",
                                 .hint = "--init-from, for those of a model"});
    }
    if (!options.text("run").empty()) {
      throw common::UsageError({.where = "nas transfer",
                                .what = "two architectures are named",
                                .got = "--arch " + name + " and --run " + options.text("run"),
                                .expected = "one of them"});
    }
    return {.architecture = search_space::find_architecture(name),
            .provenance = {{"architecture_from", name}}};
  }
  const RunFolder run = run_to_transfer(options.text("run"));
  Store store = open_store(run);
  const common::Options begun = run_options(run);
  const auto winner = choose_winner(store.trials(), store.further(), begun);
  if (!winner) {
    throw common::NothingError(
        {.where = "run " + run.path().string(), .what = "it has no finished trial yet"});
  }
  const RunState state = run_state(run, store);
  if (state == RunState::kRunning || state == RunState::kInterrupted) {
    common::log_warning("run " + run.path().string() + " is " + state_text(state) +
                        ": its best trial so far is taken");
  }
  const Trial& best = winner->trial;
  auto settings = settings_of_trial(begun, best);
  common::log_info(fmt::format("architecture of trial {} (reward {:.4f}) of run {}{}", best.id,
                               *best.reward, run.path().string(),
                               settings.all().empty() ? "" : ", and its settings: " + best.key));
  if (!winner->collapse.empty()) common::log_warning(winner->collapse);
  TransferSource source{.architecture = best.architecture,
                        .provenance = {{"run", run.path().filename().string()},
                                       {"trial", best.id},
                                       {"reward", *best.reward}},
                        .settings = std::move(settings)};
  if (options.flag("inherit-weights"))
    source.provenance["weights_from"] = weights_of(run, begun, best, store.further()).string();
  return source;
}

}  // namespace nas::engine
