// What the hidden commands have in common that a search starts as processes of its run: `nas
// worker`, `nas child`, `nas scorer`.
#pragma once

#include <optional>

#include "cli/command.h"
#include "engine/run_folder.h"

namespace nas::cli {

// run, device, parent.
common::OptionList run_process_options();

struct RunProcess {
  engine::RunFolder run;
  common::Options options;  // of the run, with the device of this process
};

// From here on the process ends with the one that started it; nothing when that is gone already.
// Throws what find_run() and run_options() throw.
std::optional<RunProcess> begin_run_process(const common::Options& given);

}  // namespace nas::cli
