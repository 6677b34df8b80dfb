// nas scorer: scores architectures for a coordinator, over its stdin and stdout.
#include "engine/scorer.h"
#include "cli/command.h"
#include "common/process.h"
#include "engine/search.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  return {
      {.name = "run", .value = "", .help = "Run folder"},
      {.name = "device", .value = "", .help = "The device of this process; by default the run's"},
      {.name = "parent", .value = 0, .help = "Process whose end ends this one; 0: none", .min = 0}};
}

int run(Arguments& arguments) {
  const auto parent = static_cast<pid_t>(arguments.options.integer("parent"));
  if (parent > 0 && !common::end_with_parent(parent)) return common::kExitFailed;
  const auto folder = engine::find_run(arguments.options.text("run"));
  common::Options options = engine::run_options(folder);
  if (const auto device = arguments.options.text("device"); !device.empty())
    options.set("device", device, "flag");
  return engine::run_scorer(folder, options);
}

const common::Register<Command> kRegister{{.name = "scorer",
                                           .summary = "Score architectures for a coordinator",
                                           .usage = "--run DIR [options]",
                                           .options = options,
                                           .run = run,
                                           .hidden = true}};

}  // namespace
}  // namespace nas::cli
