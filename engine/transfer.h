// Training an architecture, deeper and wider, on a full dataset.
#pragma once

#include "common/options.h"
#include "engine/model_folder.h"

namespace nas::engine {

struct TransferResult {
  std::filesystem::path folder;
  bool stopped = false;  // asked to, or by --time-limit; `nas transfer --resume` goes on
  bool dry_run = false;
  double projected_seconds = 0.0;  // of a dry run: what is left
  double projected_bytes = 0.0;    // of memory, for each rank
  int64_t rank = 0;                // another than 0 has trained along, and has nothing to tell
  common::Json test = common::Json::object();
  int64_t parameters = 0;
  int64_t multiply_adds = 0;
  double wall_seconds = 0.0;
  double images_per_second = 0.0;
};
common::Json to_json(const TransferResult& result);

// On several ranks, each of them calls it under Slurm; else it starts the others. Throws
// ConfigError, DataError, NothingError (no run with a finished trial), SystemError (a rank was
// lost).
TransferResult transfer(common::Options options);

}  // namespace nas::engine
