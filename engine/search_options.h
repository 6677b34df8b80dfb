// All options of a search.
#pragma once

#include "common/options.h"

namespace nas::engine {

// Of `nas search`: its own, the network's, the training's, a section for every strategy
// (`ppo.clip`), and presets.
common::Options search_options();

// "500MB", "2GB", "0" -> bytes. Throws ConfigError.
double parse_bytes(const std::string& option, const std::string& text);

}  // namespace nas::engine
