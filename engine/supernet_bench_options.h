// What `nas bench supernet` has of a search's options, and which method reads what.
#pragma once

#include <string>

#include "common/options.h"

namespace nas::engine {

// --methods, --controller, and those options of a search that one of the trainings reads.
common::OptionList supernet_training_options();

// --controller of enas, darts of darts; random of spos.
std::string strategy_of_method(const std::string& method, const common::Options& options);

// Whether the search of the method's supernet has the option from the bench: not --workers, since
// one child trains it, and --trials of enas alone.
bool supernet_reads(const std::string& option, const std::string& method,
                    const common::Options& options);

// Throws ConfigError: --methods that are none, or named twice, or that do not read what was given.
void check_supernet_methods(const common::Options& options);

}  // namespace nas::engine
