// The architectures that a proxy is judged by, and what they are worth.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/options.h"
#include "search_space/architecture.h"

namespace nas::engine {

// The same for the same cells, whatever the architecture is called.
std::string name_of(const search_space::Architecture& architecture);

using Worth = std::map<std::string, double>;  // by name_of()

struct TableSample {
  std::vector<std::string> architectures;  // as the table has them
  Worth worth;
  std::string column;  // that says it
};

// Rows of --table in random order, of the column --column, one of each network of --space: at most
// --architectures. Throws DataError that names the line, or where they have no order (fewer than
// kFewestRanked, or all worth the same), and ConfigError where they are of another space.
TableSample sample_of_table(const common::Options& options);

}  // namespace nas::engine
