// What a search says before it starts: what it is about to do, and what that will cost.
#pragma once

#include "common/json.h"
#include "common/options.h"
#include "engine/projection.h"
#include "engine/run_folder.h"
#include "search_space/space.h"

namespace nas::engine {

// To the log. `proxy`: see proxy_json(); null where rewards come from a table. `project`: steps of
// training are timed for an estimate of time and memory, which takes some seconds; it is returned.
Projection print_plan(const RunFolder& run, const common::Options& options,
                      const common::Json& proxy, bool project);

// "22 decisions, 9.1e+18 choices".
std::string size_text(const search_space::Space& space);

}  // namespace nas::engine
