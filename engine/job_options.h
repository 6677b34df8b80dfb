// What the options of a search and of a transfer have in common.
#pragma once

#include "common/options.h"

namespace nas::engine {

// device, seed, data-dir, dry-run, json.
common::OptionList job_options();

// Sizes that fit a machine.
struct Preset {
  std::string name;
  common::Options::Values values;
};

// Declares `--preset` and what each preset sets. The options that they set are declared before.
void declare_presets(common::Options& options, const std::vector<Preset>& presets);

// Gives options that were not given the values of --preset; "auto" is "workstation" with a GPU,
// "laptop" without, with shared weights those whose names begin with "supernet-".
void apply_preset(common::Options& options, bool gpu);

}  // namespace nas::engine
