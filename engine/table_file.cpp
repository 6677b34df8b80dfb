#include "engine/table_file.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>

#include "common/error.h"
#include "common/text.h"

namespace nas::engine {

namespace {

constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";  // some spreadsheets begin with it

size_t column_of(const std::vector<std::string>& header, const std::string& name,
                 const std::string& file) {
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i] == name) return i;
  }
  throw common::DataError(
      {.where = file, .what = "no column '" + name + "'", .got = common::join(header, ", ")});
}

bool read_number(const std::string& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

}  // namespace

Table read_table(const std::string& file, const std::vector<std::string>& columns) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line)) {
    throw common::DataError({.where = "--table",
                             .what = "cannot read",
                             .got = "'" + file + "'",
                             .expected = "a CSV with a header line"});
  }
  if (common::starts_with(line, kByteOrderMark)) line.erase(0, std::strlen(kByteOrderMark));
  const auto header = common::split(common::trim(line), ',');
  const size_t arch = column_of(header, "arch", file);
  if (header.size() < 2)
    throw common::DataError({.where = file, .what = "no reward column", .got = line});
  std::vector<size_t> places;
  for (const auto& name : columns)
    places.push_back(name.empty() ? (arch == 0 ? 1 : 0) : column_of(header, name, file));

  Table table{.architectures = {}, .values = std::vector<std::vector<double>>(columns.size())};
  for (int64_t number = 2; std::getline(stream, line); ++number) {
    if (common::trim(line).empty()) continue;
    const auto cells = common::split(common::trim(line), ',');
    bool whole = cells.size() == header.size();
    for (size_t i = 0; whole && i < places.size(); ++i)
      whole = read_number(cells[places[i]], table.values[i].emplace_back());
    if (!whole) {
      throw common::DataError({.where = file + ":" + std::to_string(number),
                               .what = "not a row of the table",
                               .got = "'" + line + "'",
                               .expected = std::to_string(header.size()) +
                                           " columns, with numbers where they are read"});
    }
    table.architectures.push_back(cells[arch]);
  }
  if (table.architectures.empty())
    throw common::DataError({.where = file, .what = "no row under the header line"});
  return table;
}

}  // namespace nas::engine
