// A network that starts from the weights of another.
#pragma once

#include <filesystem>

#include "child_trainer/network.h"

namespace nas::child_trainer {

// Takes every tensor of a safetensors file that has the name and shape of one of the network's
// (parameters, batch norms' statistics), and logs how many those are. Throws DataError.
void start_from(const Network& network, const std::filesystem::path& file);

}  // namespace nas::child_trainer
