// What was trained in a run, and what it was rewarded with. Only rewards after the same number of
// epochs are compared: a child that was stopped, one that was trained to the end, and a finalist
// are on three levels.
#pragma once

#include <vector>

#include "engine/trial.h"

namespace nas::engine {

// Of two rows that have a reward: trained for more epochs, or for as many and with a larger one; of
// two cells that a mixture stood for, the later one.
bool is_better(const Trial& one, const Trial& other);

// An architecture that has a reward.
struct Trained {
  Trial trial;                  // the first that succeeded with its key; its id is the proposal's
  int64_t row = 0;              // the id of that training
  std::vector<double> rewards;  // of all its trainings
  double mean_reward() const;
};

// The numbers of epochs after which there are rewards, largest first. `further`: see Store.
std::vector<int64_t> trained_epochs(const std::vector<Trial>& trials,
                                    const std::vector<Trial>& further);

// Those with a reward after `epochs`, or after the most epochs that any has one for; in the order
// of their rows. Rows that reuse another's reward are no trainings. With shared weights the epochs
// are those that these were trained for; of the cells that a mixture stood for the last one counts.
std::vector<Trained> trained_architectures(const std::vector<Trial>& trials,
                                           const std::vector<Trial>& further, int64_t epochs);
std::vector<Trained> trained_architectures(const std::vector<Trial>& trials,
                                           const std::vector<Trial>& further);

// Of these, the first training of each.
std::vector<Trial> longest_trained(const std::vector<Trial>& trials,
                                   const std::vector<Trial>& further);

}  // namespace nas::engine
