// nas child: trains networks for a worker, over its stdin and stdout.
#include "engine/child.h"
#include "cli/run_process.h"

namespace nas::cli {
namespace {

int run(Arguments& arguments) {
  const auto process = begin_run_process(arguments.options);
  return process ? engine::run_child(process->run, process->options) : common::kExitFailed;
}

const common::Register<Command> kRegister{{.name = "child",
                                           .summary = "Train networks for a worker",
                                           .usage = "--run DIR [options]",
                                           .options = run_process_options,
                                           .run = run,
                                           .hidden = true}};

}  // namespace
}  // namespace nas::cli
