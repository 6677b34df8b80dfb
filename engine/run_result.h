// What a run leaves to be read: best/ and report.html.
#pragma once

#include <optional>

#include "engine/run_folder.h"
#include "engine/winner.h"

namespace nas::engine {

// Chooses the winner of what was trained until now and writes both, over those of an earlier end;
// without a winner the report alone. `options` of the run. The caller holds the folder's lock.
std::optional<Winner> write_result(const RunFolder& run, const common::Options& options);

}  // namespace nas::engine
