// Pieces of a self-contained HTML page.
#pragma once

#include <string>
#include <vector>

#include "search_space/architecture.h"

namespace nas::engine::html {

std::string escape(const std::string& text);
std::string page(const std::string& title, const std::string& body);
std::string table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows);
// name - value pairs.
std::string facts(const std::vector<std::pair<std::string, std::string>>& facts);

struct Series {
  std::string name;
  std::string colour;
  std::vector<std::pair<double, double>> points;  // x, y
  bool line = true;                               // false: dots
};
// An SVG chart with axes and a legend. Empty series give an empty string.
std::string chart(const std::vector<Series>& series, const std::string& x_name,
                  const std::string& y_name);

// Rows of counts, shaded; [true][predicted].
std::string confusion(const std::vector<std::vector<int64_t>>& counts,
                      const std::vector<std::string>& names);

// The cells as SVG where Graphviz is installed, else as JSON text.
std::string drawing(const search_space::Architecture& architecture);

}  // namespace nas::engine::html
