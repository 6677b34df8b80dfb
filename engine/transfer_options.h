// All options of a transfer.
#pragma once

#include "common/options.h"

namespace nas::engine {

// The file in a model folder that holds the options of its transfer.
inline constexpr const char* kTransferConfig = "transfer.toml";

// Its own, the network's, the training's, and presets.
common::Options transfer_options();

}  // namespace nas::engine
