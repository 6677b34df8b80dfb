// Pieces of a self-contained HTML page.
#pragma once

#include <string>
#include <vector>

#include "search_space/architecture.h"

namespace nas::engine::html {

std::string escape(const std::string& text);
std::string page(const std::string& title, const std::string& body);

struct Column {
  enum class Kind {
    kText,     // on one line, cut where it is very long
    kNumber,   // on one line, to the right
    kLongest,  // on one line, cut where the page ends
    kWrapped,  // on several lines
  };
  std::string name;
  Kind kind = Kind::kText;
};
// Columns without any text are left out. What is cut can be read whole: under the pointer, after a
// click on it, and on paper.
std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows);
// name - value pairs.
std::string facts(const std::vector<std::pair<std::string, std::string>>& facts);

// Counts [true][predicted], shaded by their share of the row.
std::string confusion(const std::vector<std::vector<int64_t>>& counts,
                      const std::vector<std::string>& names);

// The cells as SVG where Graphviz is installed, else as JSON text.
std::string drawing(const search_space::Architecture& architecture);

}  // namespace nas::engine::html
