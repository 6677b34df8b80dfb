// The smallest change of an architecture, which evolution makes.
#pragma once

#include "controller/space_view.h"

namespace nas::controller {

// `choices` (valid) with another value for one active decision: the decision is drawn uniformly
// from those with two values or more, then the value. What that switches on is drawn as well. The
// same choices where no decision has two values.
Choices mutate(const SpaceView& view, Choices choices, common::RandomStream& random);

}  // namespace nas::controller
