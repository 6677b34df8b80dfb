// What proximal policy optimisation makes larger (Schulman et al. 2017).
#pragma once

#include "controller/policy_learner.h"

namespace nas::controller {

// min(r advantage, clip(r, 1 - clip, 1 + clip) advantage) of each sample, where r is the
// probability of the choices over that when they were proposed. clip in (0, 1).
PolicyLearner::Objective clipped_objective(double clip);

// clip = 0.2 and epochs = 4: what the objective needs besides policy_options().
common::OptionList clipped_options();

}  // namespace nas::controller
