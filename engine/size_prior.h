// --size-prior: short trainings favour small networks, which learn faster, and shared weights those
// of operations that need none; both more than long trainings do. The number of parameters predicts
// what longer training brings (White et al. 2022), so the winner is chosen with it in mind.
#pragma once

#include <vector>

#include "common/options.h"
#include "engine/trained.h"

namespace nas::engine {

// size-prior.
common::Option size_prior_option();
// Its value; 0 where the reward weighs in a cost, which says itself what size is worth.
double size_prior(const common::Options& options);

// What each architecture is believed to gain: size_prior() times `spread`, in units of the reward,
// for twice the parameters of their geometric mean. Zeros where a trial has no `parameters`.
std::vector<double> size_bonuses(const std::vector<Trained>& trained,
                                 const common::Options& options, double spread);

}  // namespace nas::engine
