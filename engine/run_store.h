// The store of a run folder.
#pragma once

#include <string>

#include "engine/run_folder.h"
#include "engine/store.h"

namespace nas::engine {

// Names a new run's rows for good: environment.json keeps it as "run_id", so the folder may be
// renamed. The folder's name and random digits; letters, digits and ._- only.
std::string new_run_id(const RunFolder& run);

// The store of a new run, whose environment.json is there already: --store, or run.db. Throws what
// Store() throws.
Store make_store(const RunFolder& run, const std::string& store);

// The store that the run's config.toml names, for the run_id of its environment.json. Makes
// nothing: throws what Store() throws, ConfigError when the folder has no run_id, and DataError
// when the database, its tables or the run's rows are gone.
Store open_store(const RunFolder& run);

}  // namespace nas::engine
