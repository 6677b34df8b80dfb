// nas bench proxy: what short trainings tell about long ones.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/log.h"
#include "engine/proxy_bench.h"
#include "engine/signals.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::proxy_bench_options().all(); }

int run(Arguments& arguments) {
  const auto result = engine::bench_proxy(arguments.options);
  if (!result) {
    common::log_warning("stopped; the same command goes on");
    return common::kExitSignal + engine::stop_signal();
  }
  if (arguments.options.flag("json")) {
    fmt::print("{}\n", engine::to_json(*result).dump());
    return common::kExitDone;
  }
  fmt::print(
      "rank correlations with the {} over {} architectures ± their bootstrap standard errors\n\n",
      result->truth, result->architectures);
  fmt::print("{:<15}{}\n", "order", engine::agreement_heading());
  for (const auto& row : result->agreements) {
    fmt::print("{:<15}{}   {}\n", row.order, engine::agreement_text(row.agreement), row.meaning);
  }
  fmt::print("\nseconds a child   {:.1f}\n", result->seconds_a_child);
  fmt::print("rewards           standard deviation {:.4f} between architectures", result->between);
  if (result->seeds > 1)
    fmt::print(", {:.4f} within one ({} trainings)", result->within, result->seeds);
  fmt::print("\nverdict           {}\n", result->verdict);
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "bench proxy",
     .summary = "Measure what short trainings on a proxy tell about long ones",
     .usage = "--proxy NAME [options]",
     .options = options,
     .run = run}};

}  // namespace
}  // namespace nas::cli
