// nas scorer: scores architectures for a coordinator, over its stdin and stdout.
#include "engine/scorer.h"
#include "cli/run_process.h"

namespace nas::cli {
namespace {

int run(Arguments& arguments) {
  const auto process = begin_run_process(arguments.options);
  return process ? engine::run_scorer(process->run, process->options) : common::kExitFailed;
}

const common::Register<Command> kRegister{{.name = "scorer",
                                           .summary = "Score architectures for a coordinator",
                                           .usage = "--run DIR [options]",
                                           .options = run_process_options,
                                           .run = run,
                                           .hidden = true}};

}  // namespace
}  // namespace nas::cli
