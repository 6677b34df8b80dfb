// nas bench scores: compares zero-cost scores on a table of what architectures are worth.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/score_bench.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::score_bench_options().all(); }

int run(Arguments& arguments) {
  const bool json = arguments.options.flag("json");
  double started = 0.0;
  common::ProgressLine line;
  const auto rows = engine::bench_scores(arguments.options, [&](int64_t done, int64_t count) {
    if (done == 0) {  // what was read and loaded until then is no network's time
      started = common::monotonic_seconds();
      line.show(fmt::format("0 of {} networks", count));
      return;
    }
    const double spent = common::monotonic_seconds() - started;
    const double left = spent / static_cast<double>(done) * static_cast<double>(count - done);
    line.show(
        fmt::format("{} of {} networks, about {} left", done, count, common::duration_text(left)));
  });
  line.finish();
  if (json) {
    common::Json all = common::Json::array();
    for (const auto& row : rows) all.push_back(engine::to_json(row));
    fmt::print("{}\n", all.dump());
    return common::kExitDone;
  }
  fmt::print("rank correlations over {} networks ± their bootstrap standard errors\n\n",
             rows.empty() ? 0 : rows[0].networks);
  fmt::print("{:<16}{}{:>20}\n", "score", engine::agreement_heading(), "seconds a network");
  for (const auto& row : rows) {
    fmt::print("{:<16}{}{:>20.3f}\n", row.score, engine::agreement_text(row.agreement),
               row.seconds);
  }
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "bench scores",
     .summary = "Compare zero-cost scores on a table of what architectures are worth",
     .usage = "--table FILE [options]",
     .options = options,
     .run = run,
     .runs_networks = true}};

}  // namespace
}  // namespace nas::cli
