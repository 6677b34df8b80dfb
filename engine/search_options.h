// All options of a search.
#pragma once

#include <string>
#include <vector>

#include "common/options.h"

namespace nas::engine {

// Of `nas search`: its own, the network's, the training's, a section for every strategy
// (`ppo.clip`), and presets.
common::Options search_options();

// Names of the registered spaces that have networks.
std::vector<std::string> spaces_of_networks();

// "500MB", "2GB", "0" -> bytes. Throws ConfigError.
double parse_bytes(const std::string& option, const std::string& text);

}  // namespace nas::engine
