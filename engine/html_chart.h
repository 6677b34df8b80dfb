// Charts of a self-contained HTML page: SVG, without scripts.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nas::engine::html {

struct Series {
  enum class Kind {
    kLine,   // from point to point
    kSteps,  // keeps its value up to the next point
    kDots,
  };
  std::string name;
  std::string colour;
  std::vector<std::pair<double, double>> points;  // x, y; what is not finite is left out
  Kind kind = Kind::kLine;
};

// A chart with axes and a legend. x counts something: its marks are whole numbers. Without a point
// it is an empty string.
std::string chart(const std::vector<Series>& series, const std::string& x_name,
                  const std::string& y_name);

}  // namespace nas::engine::html
