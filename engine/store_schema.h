// The tables of a store. Every row carries the id of its run: one database serves several runs.
#pragma once

#include "engine/store.h"

namespace nas::engine {

// Both throw ConfigError when another version of nas made the tables.

// Makes them where they are missing.
void make_tables(soci::session& session, const StoreBackend& backend);

// Whether they are there; writes nothing.
bool has_tables(soci::session& session, const StoreBackend& backend);

}  // namespace nas::engine
