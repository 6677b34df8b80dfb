// nas rank: trains along with rank 0 of a transfer, which starts it.
#include <cstdlib>

#include "child_trainer/device.h"
#include "cli/command.h"
#include "common/process.h"
#include "engine/transfer_ranks.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  return {
      {.name = "rendezvous", .value = "", .help = "HOST:PORT where rank 0 listens"},
      {.name = "rank", .value = 1, .help = "Number of this rank", .min = 1},
      {.name = "ranks", .value = 2, .help = "How many there are", .min = 2},
      {.name = "device", .value = "cpu", .help = "The device of this rank"},
      {.name = "threads", .value = 1, .help = "Threads on the CPU", .min = 1, .max = 1024},
      {.name = "parent", .value = 0, .help = "Process whose end ends this one; 0: none", .min = 0}};
}

int run(Arguments& arguments) {
  const common::Options& given = arguments.options;
  const auto parent = static_cast<pid_t>(given.integer("parent"));
  if (parent > 0 && !common::end_with_parent(parent)) return common::kExitFailed;
  const char* token = std::getenv("NAS_RANK_TOKEN");
  engine::run_transfer_rank({.rank = given.integer("rank"),
                             .ranks = given.integer("ranks"),
                             .meeting = child_trainer::parse_address(given.text("rendezvous")),
                             .token = token == nullptr ? "" : token},
                            {.device = child_trainer::find_device(given.text("device")),
                             .threads = given.integer("threads")});
  return common::kExitDone;
}

const common::Register<Command> kRegister{{.name = "rank",
                                           .summary = "Train along with rank 0 of a transfer",
                                           .usage = "--rendezvous HOST:PORT [options]",
                                           .options = options,
                                           .run = run,
                                           .hidden = true}};

}  // namespace
}  // namespace nas::cli
