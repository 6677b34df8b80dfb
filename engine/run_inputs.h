// The files that a run is begun with and keeps a copy of: the space that a TOML file describes, the
// architecture whose settings are tuned. So it goes on wherever they, or its folder, are moved to.
//
// config.toml names the copies as they lie in the folder, `space = "space.toml"`; the options of a
// run in memory have their paths.
#pragma once

#include <string>

#include "common/options.h"
#include "engine/run_folder.h"

namespace nas::engine {

// Writes the copies into the folder of a new run; the options then name them. Returns the digest of
// each, which is kept as `inputs` of environment.json.
common::Json keep_inputs(const RunFolder& run, common::Options& options);
// Throws ConfigError, naming the copy, where one is not what the run began with.
void check_inputs(const RunFolder& run);
// Lets options that were read from config.toml name the copies' paths.
void find_inputs(const RunFolder& run, common::Options& options);
// The content of config.toml.
std::string config_text(common::Options options);

// What a user gives as the run is continued counts as the copy where it means the same. Throws
// ConfigError, naming the keys that differ, where both are spaces from files.
void recognise_inputs(const common::Options& stored, common::Options& given);

}  // namespace nas::engine
