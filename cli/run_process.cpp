#include "cli/run_process.h"

#include "common/process.h"
#include "engine/search.h"

namespace nas::cli {

common::OptionList run_process_options() {
  return {
      {.name = "run", .value = "", .help = "Run folder"},
      {.name = "device", .value = "", .help = "The device of this process; by default the run's"},
      {.name = "parent", .value = 0, .help = "Process whose end ends this one; 0: none", .min = 0}};
}

std::optional<RunProcess> begin_run_process(const common::Options& given) {
  const auto parent = static_cast<pid_t>(given.integer("parent"));
  if (parent > 0 && !common::end_with_parent(parent)) return std::nullopt;
  const auto run = engine::find_run(given.text("run"));
  common::Options options = engine::run_options(run);
  if (const auto device = given.text("device"); !device.empty())
    options.set("device", device, "flag");
  return RunProcess{.run = run, .options = options};
}

}  // namespace nas::cli
