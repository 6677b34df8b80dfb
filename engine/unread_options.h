// Options that a search would ignore without a word.
#pragma once

#include "common/options.h"

namespace nas::engine {

// Throws ConfigError where the user gave an option that nothing reads: one of another evaluator, of
// another strategy (a file may have sections of those), or --size-prior beside --cost. `options` of
// a search that begins.
void refuse_unread(const common::Options& options);

}  // namespace nas::engine
