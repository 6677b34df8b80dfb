// All options of a transfer, their presets, and what may change when it is continued.
#pragma once

#include <filesystem>

#include "common/options.h"

namespace nas::engine {

// The file in a model folder that holds the options of its transfer.
inline constexpr const char* kTransferConfig = "transfer.toml";

common::Options transfer_options();

// Sets the defaults of the preset ("laptop", "workstation"; "auto": by the device) where an option
// was not given.
void apply_transfer_preset(common::Options& options, bool gpu);

// The stored options of an unfinished transfer, with those that may change taken from the user.
// Throws ConfigError when others differ.
common::Options continued_transfer(const std::filesystem::path& folder,
                                   const common::Options& given);

}  // namespace nas::engine
