// The proxy dataset of a run: what its children train on.
#pragma once

#include "common/options.h"
#include "data/dataset.h"
#include "engine/run_folder.h"

namespace nas::engine {

// The proxy of a new run: train and held-out images, resized to --input-size. Warns where the
// held-out ones are few. Throws DataError (unknown dataset, too few images).
data::Dataset new_proxy(const common::Options& options);

// What is known of a proxy; of a run's proxy.h5 its digest as well.
common::Json proxy_json(const data::Dataset& proxy);
common::Json proxy_json(const RunFolder& run);

}  // namespace nas::engine
