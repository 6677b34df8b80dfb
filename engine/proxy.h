// The proxy dataset of a run: what its children train on.
#pragma once

#include "common/options.h"
#include "engine/run_folder.h"

namespace nas::engine {

// Writes proxy.h5 into the run folder, unless it is there: train and held-out images, resized to
// --input-size. Returns what is known of it. Throws DataError (unknown dataset, too few images).
common::Json prepare_proxy(const RunFolder& run, const common::Options& options);

}  // namespace nas::engine
