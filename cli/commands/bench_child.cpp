// nas bench-child: takes training steps when it is told to, for nas bench trainer and
// scripts/bench_pytorch.
#include "engine/bench_child.h"
#include "cli/command.h"
#include "common/process.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  common::Options options = engine::bench_child_options();
  options.declare(
      {{.name = "dump", .value = "", .help = "Folder to write the network and its batches into"},
       {.name = "parent",
        .value = 0,
        .help = "Process whose end ends this one; 0: none",
        .min = 0}});
  return options.all();
}

int run(Arguments& arguments) {
  const auto parent = static_cast<pid_t>(arguments.options.integer("parent"));
  if (parent > 0 && !common::end_with_parent(parent)) return common::kExitFailed;
  return engine::serve_bench(arguments.options);
}

const common::Register<Command> kRegister{
    {.name = "bench-child",
     .summary = "Take training steps when told to, over stdin and stdout",
     .usage = "[options]",
     .options = options,
     .run = run,
     .runs_networks = true,
     .hidden = true}};

}  // namespace
}  // namespace nas::cli
