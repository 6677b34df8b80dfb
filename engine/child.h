// The child process: keeps the proxy dataset and the warmed-up library between trials, trains what
// its worker asks for.
#pragma once

#include "engine/run_folder.h"

namespace nas::engine {

// Reads requests from stdin until it ends; writes replies to stdout. Returns an exit code.
int run_child(const RunFolder& run, const common::Options& options);

}  // namespace nas::engine
