// The store of a run folder.
#pragma once

#include <string>

#include "engine/run_folder.h"
#include "engine/store.h"

namespace nas::engine {

// Names a new run's rows for good: environment.json keeps it as "run_id", so the folder may be
// renamed. The folder's name and random digits; letters, digits and ._- only.
std::string new_run_id(const RunFolder& run);

// The store that the run's config.toml names, for the run_id of its environment.json. Throws what
// Store() throws, and ConfigError when the folder has no run_id.
Store open_store(const RunFolder& run);

}  // namespace nas::engine
