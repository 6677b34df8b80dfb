// nas search: finds the best cell.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/log.h"
#include "engine/search.h"
#include "engine/search_options.h"
#include "engine/signals.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::search_options().all(); }

int run(Arguments& arguments) {
  const bool json = arguments.options.flag("json");
  const auto result = engine::search(arguments.options);
  const std::string run = result.run.path().string();
  if (result.dry_run) {
    common::log_info("dry run: nothing was started");
    return common::kExitDone;
  }
  if (json) fmt::print("{}\n", engine::to_json(result).dump());
  if (result.end == engine::SearchEnd::kAskedToStop) {
    common::log_warning(fmt::format("stopped after {} trials; continue with: nas search --run {}",
                                    result.trials, run));
    return common::kExitSignal + engine::stop_signal();
  }
  if (!result.winner) {
    throw common::NothingError(
        {.where = "nas search", .what = "no trial succeeded", .hint = "nas status --run " + run});
  }
  if (result.end == engine::SearchEnd::kTimeLimit)
    common::log_info("the time limit ended the search");
  if (result.end == engine::SearchEnd::kExhausted)
    common::log_info("the strategy proposes nothing new any more");
  if (!json) {
    fmt::print("best reward   {:.4f} (trial {} of {})\n", *result.winner->trial.reward,
               result.winner->trial.id, result.trials);
    fmt::print("chosen        {}\n", engine::winner_text(*result.winner));
    fmt::print("architecture  {}\n", (result.run.best() / "architecture.json").string());
    fmt::print("report        {}\n", result.run.report().string());
    fmt::print("next          nas transfer --dataset coastline --run {}\n", run);
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
