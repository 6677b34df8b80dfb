// Options that a search would ignore without a word.
#pragma once

#include "common/options.h"

namespace nas::engine {

// Whether the user gave it for this command: a file may serve others, too.
bool is_typed(const common::Option& option);

// Throws ConfigError where the user gave an option that nothing reads: one of another evaluator, of
// another strategy or of a supernet (a file may have sections of those), --size-prior beside
// --cost, or with shared weights what is asked of several trainings. `options` of a search,
// resolved.
void refuse_unread(const common::Options& options);

}  // namespace nas::engine
