// A whole search: run folder, proxy dataset, coordinator, best folder, report.
#pragma once

#include "engine/coordinator.h"
#include "engine/epochs_spent.h"
#include "engine/projection.h"
#include "engine/winner.h"

namespace nas::engine {

struct SearchResult {
  RunFolder run;
  SearchEnd end = SearchEnd::kDone;
  std::string why = {};  // of kExhausted, for people
  std::optional<Winner> winner;
  int64_t trials = 0;  // trainings that ended
  EpochsSpent epochs = {};
  int64_t failed = 0;  // of these: in whatever way
  double wall_seconds = 0.0;
  bool dry_run = false;
  // Of a dry run: what it projects, and the options and proxy_json() that the run would have.
  Projection projected = {};
  common::Options options = {};
  common::Json proxy = {};
};
common::Json to_json(const SearchResult& result);

// `options`: search_options() with what the user gave, or those of engine/tune.h. Creates,
// continues, or (finished) only reads the run. Throws ConfigError when options differ from the
// run's, DataError, NothingError (no trial succeeded).
SearchResult search(common::Options options);

// The options of an existing run, from its config.toml.
common::Options run_options(const RunFolder& run);

}  // namespace nas::engine
