// Which architecture a run ends with: not the one with the luckiest training, but that of which
// most is to be expected, and how sure that is. It is among those that were trained longest: the
// finalists, where there are any (Zoph et al. 2018), else those that reached the highest rung, for
// rewards after fewer epochs are another matter (engine/trained.h).
#pragma once

#include "common/options.h"
#include "engine/trial.h"

namespace nas::engine {

struct Winner {
  Trial trial;                // the first training of the architecture of so many epochs, and
  int64_t row = 0;            // its id; trial.id is that of the proposal
  int64_t epochs = 0;         // after which the rewards are compared; 0: all are after the same
  bool finalist = false;      // it is the best of the finalists
  bool modelled = false;      // else it is the highest mean reward, and the rest is not known
  bool derived = false;       // else it is the cell that a mixture stood for last
  std::string why = {};       // of !modelled
  double mean = 0.0;          // the reward that is expected of a training; not modelled: observed
  double deviation = 0.0;     // of what is not known of `mean`
  double noise = 0.0;         // standard deviation of the rewards of one architecture's trainings
  double size_prior = 0.0;    // --size-prior
  int64_t architectures = 0;  // with a reward
  int64_t trainings = 0;
  std::optional<int64_t> best_trial = {};  // that with the highest reward, luck and all
  double best_reward = 0.0;
  std::optional<int64_t> runner_up = {};  // its trial
  double better = 0.0;  // the probability that the winner is better than the runner-up

  // Where settings are tuned: what is known of those that were given.
  struct Given {
    double mean = 0.0;    // as above, of them
    double better = 0.0;  // modelled: the probability that the winner is better
    bool chosen = false;  // they are the winner
  };
  std::optional<Given> given = {};

  // With shared weights: collapse_text() (search_space/collapse.h) of its cell.
  std::string collapse = {};
};

// `further`: see Store; `options` of the run. None where no trial succeeded.
std::optional<Winner> choose_winner(const std::vector<Trial>& trials,
                                    const std::vector<Trial>& further,
                                    const common::Options& options);

// The trials of the best `count` architectures, by the same measure, best first: those that were
// trained longest, and where these are fewer, the best of those that were trained next to longest.
std::vector<Trial> best_trials(const std::vector<Trial>& trials, const std::vector<Trial>& further,
                               const common::Options& options, size_t count);

common::Json to_json(const Winner& winner);
// A sentence or two for people: "0.4832 ± 0.0064 expected of trial 5; …".
std::string winner_text(const Winner& winner);

}  // namespace nas::engine
