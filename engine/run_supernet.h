// The supernet of a run with --evaluator shared.
#pragma once

#include <filesystem>
#include <memory>

#include "child_trainer/supernet/supernet.h"
#include "common/options.h"
#include "engine/run_folder.h"

namespace nas::engine {

// At its checkpoint where there is one. `options` of the run. Throws DataError,
// ConfigError.
std::unique_ptr<child_trainer::Supernet> open_supernet(const RunFolder& run,
                                                       const common::Options& options,
                                                       at::Device device);

// What a network of this cell may start from (safetensors).
void write_weights(child_trainer::Subnetwork& subnetwork, const std::filesystem::path& file);

}  // namespace nas::engine
