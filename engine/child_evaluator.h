// Rewards from a child: drives one `nas child` process through pipes and watches its memory and its
// progress. Never touches torch itself.
#pragma once

#include "engine/evaluator.h"

namespace nas::engine {

// Options: child-memory, child-silence, device, threads.
std::unique_ptr<Evaluator> make_child_evaluator(const RunFolder& run,
                                                const common::Options& options);

}  // namespace nas::engine
