#include "engine/table_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <unordered_map>

#include "common/error.h"
#include "common/text.h"

namespace nas::engine {

namespace {

constexpr const char* kArchitectures = "arch";
constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";  // some spreadsheets begin with it

size_t architecture_column(const std::vector<std::string>& header, const std::string& file) {
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i] == kArchitectures) return i;
  }
  throw common::DataError({.where = file,
                           .what = std::string("no column '") + kArchitectures + "'",
                           .got = common::join(header, ", ")});
}

size_t value_column(const std::vector<std::string>& header, const TableColumn& column,
                    const std::string& file) {
  std::vector<std::string> others;
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i] == kArchitectures) continue;
    if (column.name.empty() || header[i] == column.name) return i;
    others.push_back(header[i]);
  }
  if (others.empty()) {
    throw common::DataError({.where = file,
                             .what = "no column besides 'arch'",
                             .expected = "numbers, e.g. an accuracy"});
  }
  throw common::DataError({.where = column.option,
                           .what = "no such column in " + file,
                           .got = "'" + column.name + "'",
                           .expected = common::join(others, " | "),
                           .hint = common::nearest(column.name, others)});
}

double number_in(const std::string& cell, const std::string& column, const std::string& place) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error == std::errc() && end == cell.data() + cell.size() && std::isfinite(value))
    return value;
  throw common::DataError({.where = place,
                           .what = "no number in the column '" + column + "'",
                           .got = "'" + cell + "'",
                           .expected = "a finite number"});
}

// The lines under the header; the columns are places in it.
class Reader {
 public:
  Reader(std::string file, std::vector<std::string> header, size_t architectures,
         std::vector<size_t> columns)
      : header_(std::move(header)), architectures_(architectures), columns_(std::move(columns)) {
    table_.file = std::move(file);
    table_.values.resize(columns_.size());
    for (const size_t column : columns_) table_.columns.push_back(header_[column]);
  }

  void add(const std::string& line, int64_t number) {
    const std::string place = table_.file + ":" + std::to_string(number);
    const auto cells = common::split(line, ',');
    if (cells.size() != header_.size()) {
      throw common::DataError({.where = place,
                               .what = "not a row of the table",
                               .got = std::to_string(cells.size()) + " columns",
                               .expected = std::to_string(header_.size())});
    }
    const auto [known, is_new] = rows_.try_emplace(cells[architectures_], rows_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cells[columns_[i]];
      const double value = number_in(cell, header_[columns_[i]], place);
      if (is_new) {
        table_.values[i].push_back(value);
      } else if (const double first = table_.values[i][known->second]; value != first) {
        throw common::DataError(
            {.where = place,
             .what = fmt::format("another '{}' for the architecture of line {}",
                                 header_[columns_[i]], table_.lines[known->second]),
             .got = fmt::format("{}", value),
             .expected = fmt::format("{}, as there", first),
             .hint = "one row for each architecture"});
      }
    }
    if (!is_new) return;
    table_.architectures.push_back(cells[architectures_]);
    table_.lines.push_back(number);
  }

  Table take() { return std::move(table_); }

 private:
  std::vector<std::string> header_;
  size_t architectures_;
  std::vector<size_t> columns_;
  std::unordered_map<std::string, size_t> rows_;  // by architecture
  Table table_;
};

}  // namespace

std::string Table::place(size_t architecture) const {
  return file + ":" + std::to_string(lines[architecture]);
}

Table read_table(const std::string& file, const std::vector<TableColumn>& columns) {
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
  const size_t architectures = architecture_column(header, file);
  std::vector<size_t> places;
  for (const auto& column : columns) places.push_back(value_column(header, column, file));

  Reader reader(file, header, architectures, places);
  for (int64_t number = 2; std::getline(stream, line); ++number) {
    line = common::trim(line);
    if (!line.empty()) reader.add(line, number);
  }
  Table table = reader.take();
  if (table.architectures.empty())
    throw common::DataError({.where = file, .what = "no row under the header line"});
  return table;
}

}  // namespace nas::engine
