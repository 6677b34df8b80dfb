// Rewards from a child: drives one `nas child` process through pipes and watches its memory and its
// progress. Never touches torch itself.
//
// What ends a child ends its trial. With shared weights what ends it while it trains them concerns
// every trial: evaluate() then throws SystemError, which ends the search; it can be continued.
#pragma once

#include "engine/evaluator.h"

namespace nas::engine {

// Options: child-memory, child-silence, max-attempts, device, threads, evaluator.
std::unique_ptr<Evaluator> make_child_evaluator(const RunFolder& run,
                                                const common::Options& options);

}  // namespace nas::engine
