// Faults that tests let happen in a trial: NAS_TEST_FAULT="oom@2,nan@3,hang@5". They are real:
// memory is taken, processes end.
#pragma once

#include "child_trainer/trainer.h"

namespace nas::engine {

// Those of this row (a trial, or a further training), before it is trained.
void inject_faults(int64_t row, child_trainer::TrainJob& job, child_trainer::TrainHooks& hooks);

}  // namespace nas::engine
