// nas bench supernet: what the ranking by shared weights is worth.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/signals.h"
#include "engine/supernet_bench.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::supernet_bench_options().all(); }

void project(const common::Options& options) {
  const auto parts = engine::project_supernet_bench(options);
  if (options.flag("json")) fmt::print("{}\n", engine::to_json(parts).dump());
  double seconds = 0;
  for (const auto& part : parts) {
    seconds += part.seconds;
    common::log_info(fmt::format("{:<15}{}", part.run,
                                 part.done ? "done" : common::duration_text(part.seconds)));
  }
  common::log_info("projected " + common::duration_text(seconds));
  common::log_info("dry run: nothing was started");
}

int run(Arguments& arguments) {
  if (arguments.options.flag("dry-run")) {
    project(arguments.options);
    return common::kExitDone;
  }
  const auto result = engine::bench_supernet(arguments.options);
  if (!result) {
    common::log_warning("stopped; the same command goes on");
    return common::kExitSignal + engine::stop_signal();
  }
  if (arguments.options.flag("json")) {
    fmt::print("{}\n", engine::to_json(*result).dump());
    return common::kExitDone;
  }
  fmt::print(
      "rank correlations with {} over {} architectures ± their bootstrap standard errors\n\n",
      result->column, result->architectures);
  fmt::print("{:<15}{}{:>10}\n", "order", engine::agreement_heading(), "seconds");
  for (const auto& row : result->rows) {
    fmt::print("{:<15}{}{:>10.1f}   {}\n", row.order, engine::agreement_text(row.agreement),
               row.seconds, row.meaning);
  }
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "bench supernet",
     .summary = "Measure how supernets rank networks, beside short trainings of the same cost",
     .usage = "--proxy NAME --table FILE [options]",
     .options = options,
     .run = run}};

}  // namespace
}  // namespace nas::cli
