// nas worker: trains proposals of a run. Started by `nas search`.
#include "engine/worker.h"
#include "cli/command.h"
#include "common/process.h"
#include "engine/search.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  return {
      {.name = "run", .value = "", .help = "Run folder"},
      {.name = "device", .value = "", .help = "The device of its children; by default the run's"},
      {.name = "name", .value = "worker", .help = "Name of this worker, unique in the run"},
      {.name = "parent", .value = 0, .help = "Process whose end ends this one; 0: none", .min = 0}};
}

int run(Arguments& arguments) {
  const auto parent = static_cast<pid_t>(arguments.options.integer("parent"));
  if (parent > 0 && !common::end_with_parent(parent)) return common::kExitFailed;
  const auto folder = engine::find_run(arguments.options.text("run"));
  common::Options options = engine::run_options(folder);
  if (const auto device = arguments.options.text("device"); !device.empty())
    options.set("device", device, "flag");
  return engine::run_worker(folder, options, arguments.options.text("name"));
}

const common::Register<Command> kRegister{{.name = "worker",
                                           .summary = "Train proposals of a run",
                                           .usage = "--run DIR [options]",
                                           .options = options,
                                           .run = run,
                                           .hidden = true}};

}  // namespace
}  // namespace nas::cli
