// nas worker: trains proposals of a run. Started by `nas search`.
#include "engine/worker.h"
#include "cli/run_process.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  common::OptionList list = run_process_options();
  list.push_back(
      {.name = "name", .value = "worker", .help = "Name of this worker, unique in the run"});
  return list;
}

int run(Arguments& arguments) {
  const auto process = begin_run_process(arguments.options);
  return process
             ? engine::run_worker(process->run, process->options, arguments.options.text("name"))
             : common::kExitFailed;
}

const common::Register<Command> kRegister{{.name = "worker",
                                           .summary = "Train proposals of a run",
                                           .usage = "--run DIR [options]",
                                           .options = options,
                                           .run = run,
                                           .hidden = true}};

}  // namespace
}  // namespace nas::cli
