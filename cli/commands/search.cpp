// nas search: finds the best cell.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "common/log.h"
#include "common/shell_quote.h"
#include "data/fetch.h"
#include "data/renderer.h"
#include "engine/run_view.h"
#include "engine/search.h"
#include "engine/search_options.h"
#include "engine/signals.h"
#include "engine/supernet_view.h"
#include "search_space/network_family.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::search_options().all(); }

// Whether a dataset is the user's own, not one that nas fetches or draws.
bool is_own(const std::string& dataset) {
  const auto& known = data::downloads();
  return !dataset.empty() && !common::Registry<data::Renderer>::contains(dataset) &&
         std::none_of(known.begin(), known.end(),
                      [&](const auto& download) { return download.name == dataset; });
}

// Trains the best cell: on the user's own images, where they were the proxy.
std::string next_command(const engine::RunFolder& run, const common::Options& options) {
  const bool own = is_own(options.text("proxy"));
  std::vector<std::string> words = {"nas", "transfer", "--dataset",
                                    own ? options.text("proxy") : "coastline"};
  if (const auto data_dir = options.text("data-dir"); own && !data_dir.empty())
    words.insert(words.end(), {"--data-dir", data_dir});
  words.insert(words.end(), {"--run", run.path().string()});
  return common::shell_command(words);
}

int run(Arguments& arguments) {
  const bool json = arguments.options.flag("json");
  const auto result = engine::search(arguments.options);
  const std::string run = result.run.path().string();
  if (result.dry_run) {
    if (json) fmt::print("{}\n", engine::to_json(result).dump());
    common::log_info("dry run: nothing was started");
    return common::kExitDone;
  }
  if (json) fmt::print("{}\n", engine::to_json(result).dump());
  if (result.end == engine::SearchEnd::kAskedToStop) {
    common::log_warning(fmt::format("stopped after {}; continue with: {}",
                                    common::counted(result.trials, "trial"),
                                    common::shell_command({"nas", "search", "--run", run})));
    return common::kExitSignal + engine::stop_signal();
  }
  const common::Options options = engine::run_options(result.run);
  const auto supernet = engine::supernet_view(result.run, options);
  const bool trained = !supernet || static_cast<int64_t>(supernet->done.size()) == supernet->epochs;
  if (result.end == engine::SearchEnd::kTimeLimit && result.trials == 0 && !trained) {
    common::log_warning("the time limit ended the search before the first reward; continue with: " +
                        common::shell_command({"nas", "search", "--run", run}));
    return common::kExitTimeLimit;
  }
  if (!result.winner) {
    throw common::NothingError({.where = "nas search",
                                .what = "no trial succeeded",
                                .got = result.why,
                                .hint = common::shell_command({"nas", "status", "--run", run})});
  }
  if (result.end == engine::SearchEnd::kTimeLimit)
    common::log_info("the time limit ended the search");
  if (result.end == engine::SearchEnd::kExhausted)
    common::log_info("nothing new, or nothing within the limits, is left: " + result.why);
  if (supernet) {
    const std::string diverged = engine::divergence_text(*supernet);
    if (!diverged.empty()) common::log_warning(diverged);
  }
  if (!result.winner->collapse.empty()) common::log_warning(result.winner->collapse);
  if (!json) {
    fmt::print("best reward   {:.4f} (trial {}; {} were {}{})\n", result.winner->best_reward,
               *result.winner->best_trial, result.trials, engine::rewarding_text(options),
               result.failed > 0 ? fmt::format(", {} of them failed", result.failed) : "");
    if (!result.epochs.rungs.empty() || result.epochs.finalists > 0)
      fmt::print("epochs        {}\n", engine::epochs_text(result.epochs));
    fmt::print("chosen        {}\n", engine::winner_text(*result.winner));
    fmt::print("architecture  {}\n", (result.run.best() / "architecture.json").string());
    fmt::print("report        {}\n", result.run.report().string());
    fmt::print("next          {}\n", next_command(result.run, options));
    if (supernet) {
      std::string sizes;
      for (const char* name : {"cells", "filters"}) {
        if (search_space::makes_difference(name, result.winner->trial.architecture))
          sizes += fmt::format(" --{} {}", name, options.integer(name));
      }
      fmt::print("              --inherit-weights starts it from the shared weights{}\n",
                 supernet->method == "darts" ? ", but for what a mixture has not"
                                             : ", with" + sizes + " from all");
    }
  }
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "search",
     .summary = "Search for the best cell on a small proxy dataset",
     .usage = "--proxy NAME [options]",
     .options = options,
     .run = run}};

}  // namespace
}  // namespace nas::cli
