// The paths that an epoch of ENAS trains, drawn by the coordinator from its controller for the
// child that trains: supernet/paths/000003.json of the run.
#pragma once

#include <vector>

#include "engine/run_folder.h"
#include "search_space/space.h"

namespace nas::engine {

// epoch: from 0; a path for each step. Atomic; throws SystemError.
void write_paths(const RunFolder& run, int64_t epoch,
                 const std::vector<search_space::Choices>& paths);

// Throws DataError: missing, damaged, or of another epoch.
std::vector<search_space::Choices> read_paths(const RunFolder& run, int64_t epoch);

}  // namespace nas::engine
