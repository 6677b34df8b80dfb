// Tables of what architectures are worth: CSV files with a header line and a column `arch`.
#pragma once

#include <string>
#include <vector>

namespace nas::engine {

struct Table {
  std::vector<std::string> architectures;   // a row each: a NAS-Bench-201 string, a name, …
  std::vector<std::vector<double>> values;  // [columns asked for][rows], finite
};

// Reads the named columns; "" is the first one besides `arch`. Throws DataError that names the file
// (and the line) where it cannot be read, has no such column or no number in it.
Table read_table(const std::string& file, const std::vector<std::string>& columns);

}  // namespace nas::engine
