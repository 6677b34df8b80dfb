// What a transfer trains: the best architecture of a run, or one that the user names.
#pragma once

#include "common/options.h"
#include "search_space/architecture.h"

namespace nas::engine {

struct TransferSource {
  search_space::Architecture architecture;
  // run, trial, reward; or architecture_from. With --inherit-weights `weights_from`: a file.
  common::Json provenance = common::Json::object();
  common::Options settings = {};  // that a tuning found for it; to be taken where none are given
};

// By --arch, or --run (by default the newest run with a finished trial; says so when that run is
// unfinished). Throws NothingError when there is none, or with --inherit-weights no weights of it;
// UsageError where both are named; ConfigError: weights to be inherited without a run.
TransferSource transfer_source(const common::Options& options);

}  // namespace nas::engine
