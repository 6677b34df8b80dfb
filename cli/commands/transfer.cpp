// nas transfer: trains the best cell, deeper and wider, on a full dataset.
#include "engine/transfer.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "common/log.h"
#include "common/shell_quote.h"
#include "engine/signals.h"
#include "engine/transfer_options.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::transfer_options().all(); }

int run(Arguments& arguments) {
  const bool json = arguments.options.flag("json");
  const auto result = engine::transfer(arguments.options);
  if (result.dry_run) {
    if (json && result.rank == 0) fmt::print("{}\n", engine::to_json(result).dump());
    if (result.rank == 0) common::log_info("dry run: nothing was started");
    return common::kExitDone;
  }
  if (result.stopped) {
    if (result.rank == 0) {
      common::log_warning(
          "stopped with a checkpoint; continue with: " +
          common::shell_command({"nas", "transfer", "--resume", "--out", result.folder.string()}));
    }
    return engine::stop_signal() != 0 ? common::kExitSignal + engine::stop_signal()
                                      : common::kExitTimeLimit;
  }
  if (result.rank > 0) return common::kExitDone;
  if (json) {
    fmt::print("{}\n", engine::to_json(result).dump());
    return common::kExitDone;
  }
  fmt::print("test accuracy  {:.4f} ({} images)\n", result.test.value("accuracy", 0.0),
             result.test.value("images", int64_t{0}));
  fmt::print("model          {}\n", result.folder.string());
  fmt::print("report         {}\n", (result.folder / "report.html").string());
  fmt::print("next           nas predict FILE, nas evaluate, nas export\n");
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "transfer",
     .summary = "Train the best cell, deeper and wider, on a full dataset",
     .usage = "--dataset NAME [options]",
     .options = options,
     .run = run,
     .runs_networks = true}};

}  // namespace
}  // namespace nas::cli
