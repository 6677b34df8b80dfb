// When the steps of a plan are run, forward and backward.
#pragma once

#include "child_trainer/plan.h"

namespace nas::child_trainer {

// Completes a plan that has all its steps: puts them into an order that needs little memory, lets
// buffers share gradients, and says what the backward pass does; with `recompute` in segments of
// which little is kept (segments.h).
void schedule(Plan& plan, bool recompute);

}  // namespace nas::child_trainer
