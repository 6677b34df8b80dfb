// The parts of a run's report that are about its trainings. `further`: see Store.
#pragma once

#include <string>
#include <vector>

#include "engine/trial.h"

namespace nas::engine {

// Over all children: of the trials, and of what they were promoted to, repeats and finalists.
double seconds_trained(const std::vector<Trial>& trials, const std::vector<Trial>& further);

// Rewards by trial, and the best so far; where they are after several numbers of epochs, these
// apart.
std::string reward_chart(const std::vector<Trial>& trials, const std::vector<Trial>& further);

// The best trials of the search, each with its longest training: first those that were trained
// longest.
std::string highest_rewards(const std::vector<Trial>& trials, const std::vector<Trial>& further);

// Tables of repeats and of finalists; empty where there are none.
std::string trained_again(const std::vector<Trial>& further);

}  // namespace nas::engine
