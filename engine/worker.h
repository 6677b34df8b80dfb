// A worker: claims trials, has them evaluated, writes the results. Never touches torch.
#pragma once

#include "engine/run_folder.h"

namespace nas::engine {

// Works until it is asked to stop (SIGTERM). Returns an exit code.
int run_worker(const RunFolder& run, const common::Options& options, const std::string& name);

}  // namespace nas::engine
