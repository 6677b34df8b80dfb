// nas bench trainer: how fast children train, and how fast they could.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/log.h"
#include "common/text.h"
#include "engine/trainer_bench.h"

namespace nas::cli {
namespace {

common::OptionList options() { return engine::trainer_bench_options().all(); }

void print_work(const std::string& name, const engine::TimedWork& work, int64_t rounds) {
  const auto& rate = work.images_per_second;
  fmt::print("{:<12}{:.1f} images/s ({:.1f} to {:.1f} in {})\n", name, rate.median, rate.lowest,
             rate.highest, common::counted(rounds, "round"));
  double step = 0;
  for (const auto& [part, seconds] : work.step_seconds) step += seconds.median;
  for (const char* part : {"data", "forward", "backward", "optimizer"}) {
    const auto found = work.step_seconds.find(part);
    if (found == work.step_seconds.end()) continue;
    const auto& seconds = found->second;
    fmt::print("  {:<10}{:.2f} ms a step ({:.2f} to {:.2f}), {:.1f} %\n", part,
               1000 * seconds.median, 1000 * seconds.lowest, 1000 * seconds.highest,
               100 * seconds.median / step);
  }
  if (work.limits.compute <= 0) return;
  fmt::print("  {:<10}{:.1f} images/s by its multiply-adds, {:.1f} by its memory traffic\n",
             "limit", work.limits.compute, work.limits.memory);
}

int run(Arguments& arguments) {
  const auto& options = arguments.options;
  common::ProgressLine line;
  const auto result = engine::bench_trainer(options, [&](int64_t done, int64_t count) {
    line.show(fmt::format("round {} of {}", done, count));
  });
  line.finish();
  if (options.flag("json")) {
    fmt::print("{}\n", engine::to_json(result).dump());
    return common::kExitDone;
  }
  fmt::print("{:<12}{}: {} parameters, {} multiply-adds an image\n", "network",
             options.text("arch"), common::with_commas(result.parameters),
             common::with_unit(static_cast<double>(result.multiply_adds)));
  fmt::print("{:<12}{}, {} x {}, {}, batches of {}\n", "device", result.device, result.children,
             common::counted(result.threads, "thread"), result.kernels,
             options.integer("batch-size"));
  fmt::print("{:<12}{:.1f} GFLOP/s of a matrix product, {:.1f} GB/s of a triad\n", "roofline",
             result.roofline.flops / 1e9, result.roofline.bytes_per_second / 1e9);
  for (const auto& [name, work] : result.work) print_work(name, work, options.integer("rounds"));
  fmt::print("{:<12}{} a child at its highest{}\n", "memory", common::bytes_text(result.peak_bytes),
             result.predicted_bytes > 0
                 ? ", " + common::bytes_text(result.predicted_bytes) + " predicted"
                 : "");
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "bench trainer",
     .summary = "Measure how fast children train, beside what the machine could do",
     .usage = "[options]",
     .options = options,
     .run = run,
     .runs_networks = true}};

}  // namespace
}  // namespace nas::cli
