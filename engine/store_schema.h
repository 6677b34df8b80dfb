// The tables of a store. Every row carries the id of its run: one database serves several runs.
#pragma once

#include "engine/store.h"

namespace nas::engine {

// Makes the tables where they are missing. Throws ConfigError when another version of nas made
// them.
void make_tables(soci::session& session, const StoreBackend& backend);

}  // namespace nas::engine
