// All options of a search.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/options.h"

namespace nas::engine {

// Of `nas search`: its own, the network's, the training's, a section for every strategy
// (`ppo.clip`), and presets.
common::Options search_options();

// Of a command that starts searches. Whether it takes or decides an option of theirs by itself:
using OptionNames = std::function<bool(const std::string& option)>;
common::OptionList search_options_without(const OptionNames& decided);
// search_options(), with what is not at its default in `from`, of such a command or of a run.
common::Options search_options_of(const common::Options& from, const OptionNames& taken);

// Names of the registered spaces that have networks.
std::vector<std::string> spaces_of_networks();

// "500MB", "2GB", "0" -> bytes. Throws ConfigError.
double parse_bytes(const std::string& option, const std::string& text);

}  // namespace nas::engine
