// Tuning the settings of a training: a search whose trials are all of one architecture, each with
// other settings (engine/run_space.h). The first has those that were given.
#pragma once

#include "engine/search.h"

namespace nas::engine {

// What `nas tune` takes: the options of a search but those about networks, `arch`, and `dataset` in
// place of `proxy`.
common::Options tune_options();

// As search().
SearchResult tune(const common::Options& options);

}  // namespace nas::engine
