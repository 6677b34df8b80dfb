// All options of a search, their presets, and what may change on a resume.
#pragma once

#include "child_trainer/train_settings.h"
#include "common/options.h"
#include "search_space/network_family.h"

namespace nas::engine {

// Of `nas search`: its own, the training's, and a section for every strategy (`ppo.clip`).
common::Options search_options();

// Sets the defaults of the preset ("laptop", "workstation", "paper"; "auto": by the device) where
// an option was not given.
void apply_preset(common::Options& options, bool gpu);
std::vector<std::string> preset_names();

// Options that may differ when a run is continued.
bool may_change_on_resume(const std::string& name);

// The network of a child.
search_space::NetworkOptions network_options(const common::Options& options);

// "500MB", "2GB", "0" -> bytes. Throws ConfigError.
double parse_bytes(const std::string& option, const std::string& text);

}  // namespace nas::engine
