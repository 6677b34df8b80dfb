// nas tune: finds the settings of a training.
#include "engine/tune.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "common/log.h"
#include "common/shell_quote.h"
#include "engine/best_settings.h"
#include "engine/run_space.h"
#include "engine/signals.h"

namespace nas::cli {
namespace {

constexpr double kSure = 0.95;  // a probability

common::OptionList options() { return engine::tune_options().all(); }

// Trains the architecture with the best settings.
std::string next_command(const engine::RunFolder& run) {
  const common::Options options = engine::run_options(run);
  std::vector<std::string> words = {
      "nas", "transfer", "--arch", options.text("arch"), "--dataset", options.text("proxy")};
  if (const auto data_dir = options.text("data-dir"); !data_dir.empty())
    words.insert(words.end(), {"--data-dir", data_dir});
  words.insert(words.end(), {"--config", engine::best_settings_file(run).string()});
  return common::shell_command(words);
}

std::string settings_text(const engine::Winner& winner) {
  return winner.given && winner.given->chosen ? "as given" : winner.trial.key;
}

// Whether it is not sure that tuning has gained anything.
bool may_be_luck(const engine::Winner& winner) {
  if (!winner.given || winner.given->chosen) return false;
  return !winner.modelled || winner.given->better < kSure;
}

int run(Arguments& arguments) {
  const bool json = arguments.options.flag("json");
  const auto result = engine::tune(arguments.options);
  if (result.dry_run) {
    if (json) fmt::print("{}\n", engine::to_json(result).dump());
    common::log_info("dry run: nothing was started");
    return common::kExitDone;
  }
  const auto options = engine::run_options(result.run);
  if (json) {
    common::Json printed = engine::to_json(result);
    if (result.winner)
      printed["best"]["settings"] =
          engine::RunSpace(options).settings(result.winner->trial.choices);
    fmt::print("{}\n", printed.dump());
  }
  if (result.end == engine::SearchEnd::kAskedToStop) {
    common::log_warning(fmt::format("stopped after {} trials; continue with: {}", result.trials,
                                    engine::how_to_continue(result.run, options)));
    return common::kExitSignal + engine::stop_signal();
  }
  if (!result.winner) {
    throw common::NothingError(
        {.where = "nas tune",
         .what = "no trial succeeded",
         .got = result.why,
         .hint = common::shell_command({"nas", "status", "--run", result.run.path().string()})});
  }
  if (result.end == engine::SearchEnd::kTimeLimit)
    common::log_info("the time limit ended the tuning");
  if (result.end == engine::SearchEnd::kExhausted)
    common::log_info("nothing new, or nothing within the limits, is left: " + result.why);
  if (json) return common::kExitDone;
  fmt::print("best settings  {}\n", settings_text(*result.winner));
  fmt::print("chosen         {}\n", engine::winner_text(*result.winner));
  if (may_be_luck(*result.winner)) {
    fmt::print(
        "caveat         the settings as given may be as good; more --repeats or --valid-images "
        "tell\n");
  }
  fmt::print("settings file  {}\n", engine::best_settings_file(result.run).string());
  fmt::print("report         {}\n", result.run.report().string());
  fmt::print("next           {}\n", next_command(result.run));
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "tune",
     .summary =
         "Find the settings (learning rate, regularisation, …) of an architecture's training",
     .usage = "--arch NAME --dataset NAME [options]",
     .options = options,
     .run = run}};

}  // namespace
}  // namespace nas::cli
