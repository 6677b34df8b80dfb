// nas bench strategies: compares search strategies on a table of rewards.
#include <fmt/format.h>

#include <cmath>

#include "cli/command.h"
#include "common/error.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/strategy_bench.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::strategy_bench_options().all(); }

// The rows of one strategy; says how far it is, and how long it took.
std::vector<engine::StrategyBenchRow> rows_of(const engine::StrategyBench& bench,
                                              const std::string& strategy) {
  const double started = common::monotonic_seconds();
  common::ProgressLine line;
  const auto rows = bench.run(strategy, [&](int64_t done) {
    const double left = (common::monotonic_seconds() - started) / static_cast<double>(done) *
                        static_cast<double>(bench.seeds() - done);
    line.show(fmt::format("{}: {} of {} seeds, about {} left", strategy, done, bench.seeds(),
                          common::duration_text(left)));
  });
  line.finish();
  common::log_info(fmt::format("{}: {} seed{} in {}", strategy, bench.seeds(),
                               bench.seeds() == 1 ? "" : "s",
                               common::duration_text(common::monotonic_seconds() - started)));
  return rows;
}

// One seed has no standard deviation.
std::string spread_text(double mean, double deviation) {
  return std::isnan(deviation) ? fmt::format("{:>12.4f}", mean)
                               : fmt::format("{:>12.4f} ± {:.4f}", mean, deviation);
}

void print_row(const engine::StrategyBenchRow& row) {
  fmt::print("{:<14}{:>7}{:>10.1f}{:<23}{}\n", row.strategy, row.evaluations, row.distinct_mean,
             spread_text(row.best_reward_mean, row.best_reward_sd),
             spread_text(row.report_mean, row.report_sd));
}

int run(Arguments& arguments) {
  const bool json = arguments.options.flag("json");
  const engine::StrategyBench bench(arguments.options);
  common::Json all = common::Json::array();
  if (!json) {
    const std::string what =
        bench.seeds() == 1 ? "of one seed"
                           : fmt::format("mean ± standard deviation over {} seeds", bench.seeds());
    fmt::print("{}; distinct: networks among the trials\n\n", what);
    fmt::print("{:<14}{:>7}{:>10}{:>15}{:>25}\n", "strategy", "trials", "distinct", "best reward",
               "its report value");
  }
  for (const auto& strategy : bench.strategies()) {
    for (const auto& row : rows_of(bench, strategy)) {
      if (json) {
        all.push_back(engine::to_json(row));
      } else {
        print_row(row);
      }
    }
    std::fflush(stdout);
  }
  if (json) fmt::print("{}\n", all.dump());
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "bench strategies",
     .summary = "Compare search strategies on a table of rewards",
     .usage = "--table FILE [options]",
     .options = options,
     .run = run}};

}  // namespace
}  // namespace nas::cli
