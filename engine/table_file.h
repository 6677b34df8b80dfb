// Tables of what architectures are worth: CSV files with a header line and a column `arch`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nas::engine {

// A column of numbers that is asked for.
struct TableColumn {
  std::string option;  // that names it, for messages: "--column"
  std::string name;    // "": the first one besides `arch`
};

struct Table {
  std::string file;
  std::vector<std::string> columns;         // the names of those asked for
  std::vector<std::string> architectures;   // a NAS-Bench-201 string, a name, …; each once
  std::vector<std::vector<double>> values;  // [columns asked for][architectures], finite
  std::vector<int64_t> lines;               // of each architecture; the header line is 1

  std::string place(size_t architecture) const;  // "FILE:LINE", for messages
};

// A row that repeats an earlier one, in the columns asked for, is left out. Throws DataError that
// names the file, and the line or the option, where it cannot be read, has no such column, no
// finite number there, or two values for one architecture.
Table read_table(const std::string& file, const std::vector<TableColumn>& columns);

}  // namespace nas::engine
