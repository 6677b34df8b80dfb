// Training an architecture, deeper and wider, on a full dataset.
#pragma once

#include "common/options.h"
#include "engine/model_folder.h"

namespace nas::engine {

struct TransferResult {
  std::filesystem::path folder;
  bool stopped = false;  // asked to, or by --time-limit; `nas transfer --resume` goes on
  bool dry_run = false;
  common::Json test = common::Json::object();
  int64_t parameters = 0;
  int64_t multiply_adds = 0;
  double wall_seconds = 0.0;
  double images_per_second = 0.0;
};
common::Json to_json(const TransferResult& result);

// Throws ConfigError, DataError, NothingError (no run with a finished trial).
TransferResult transfer(common::Options options);

}  // namespace nas::engine
