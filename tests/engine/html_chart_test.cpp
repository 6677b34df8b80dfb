#include "engine/html_chart.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>
#include <regex>
#include <set>

namespace nas::engine::html {
namespace {

using Catch::Matchers::ContainsSubstring;
using Kind = Series::Kind;
using Points = std::vector<std::pair<double, double>>;

// The commands of the path of each curve: "MLL" is a line through three points.
std::vector<std::string> curves_of(const std::string& chart) {
  const std::regex curve("<path d=\"([^\"]*)\" class=\"curve\"");
  std::vector<std::string> found;
  for (std::sregex_iterator at(chart.begin(), chart.end(), curve), end; at != end; ++at) {
    std::string commands;
    for (const char c : (*at)[1].str()) {
      if (std::isalpha(static_cast<unsigned char>(c)) != 0) commands += c;
    }
    found.push_back(commands);
  }
  return found;
}

// The texts of the marks: those of the y axis end at it, those of the x axis lie around theirs.
std::vector<std::string> marks_of(const std::string& chart, const std::string& anchor) {
  const std::regex mark("text-anchor=\"" + anchor + "\">([-+.e0-9]+)</text>");
  std::vector<std::string> found;
  for (std::sregex_iterator at(chart.begin(), chart.end(), mark), end; at != end; ++at)
    found.push_back((*at)[1]);
  return found;
}

std::string chart_of(const Points& points, Kind kind = Kind::kLine) {
  return chart({Series{.name = "one", .colour = "red", .points = points, .kind = kind}}, "trial",
               "reward");
}

TEST_CASE("chart: lines, steps and dots", "[engine]") {
  const Points points = {{0, 0.1}, {1, 0.5}, {4, 0.5}};
  CHECK(curves_of(chart_of(points)) == std::vector<std::string>{"MLL"});
  CHECK(curves_of(chart_of(points, Kind::kSteps)) == std::vector<std::string>{"MHVHV"});
  CHECK(curves_of(chart_of(points, Kind::kDots)) == std::vector<std::string>{"MhMhMh"});
  for (const char* part : {"<svg", "</svg>", ">trial</text>", ">reward</text>", "</i>one</span>"})
    CHECK_THAT(chart_of(points), ContainsSubstring(part));
}

TEST_CASE("chart: a single point is seen", "[engine]") {
  for (const Kind kind : {Kind::kLine, Kind::kSteps, Kind::kDots}) {
    const std::string text = chart_of({{0, 0.5}}, kind);
    CHECK(curves_of(text) == std::vector<std::string>{"Mh"});
    CHECK(marks_of(text, "middle") == std::vector<std::string>{"0"});
  }
}

TEST_CASE("chart: without a point there is none", "[engine]") {
  CHECK(chart({}, "x", "y").empty());
  CHECK(chart_of({}).empty());
  const double nan = std::nan("");
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(chart_of({{0, nan}, {1, infinity}, {nan, 1}, {2, 1e300}}).empty());
}

TEST_CASE("chart: what is not finite is left out", "[engine]") {
  const std::string text = chart_of({{0, 1}, {1, std::nan("")}, {2, 3}});
  CHECK(curves_of(text) == std::vector<std::string>{"ML"});
  CHECK_THAT(text, !ContainsSubstring("nan"));
}

TEST_CASE("chart: marks differ from each other and are few", "[engine]") {
  const std::vector<std::pair<double, double>> ranges = {{0, 0},
                                                         {0.7, 0.7},
                                                         {-3e9, -3e9},
                                                         {1e-12, 1e-12},
                                                         {0.94581, 0.94583},
                                                         {0.1, 0.1 + 1e-16},
                                                         {-3e9, 2.5e9},
                                                         {0, 1},
                                                         {-0.4, 0.3},
                                                         {1e-9, 4e-9},
                                                         {12345.6, 12345.7},
                                                         {-1e99, 1e99},
                                                         {0, 100000},
                                                         {99.5, 100.5}};
  for (const auto& [low, high] : ranges) {
    CAPTURE(low, high);
    const std::string text = chart_of({{0, low}, {1, high}});
    const auto marks = marks_of(text, "end");
    CHECK(marks.size() >= 2);
    CHECK(marks.size() <= 12);
    CHECK(std::set<std::string>(marks.begin(), marks.end()).size() == marks.size());
    for (const auto& mark : marks) {
      CHECK(mark.size() <= 14);
      CHECK(std::stod(mark) >= low - 0.06 * std::max(high - low, std::abs(low)) - 0.51);
      CHECK(std::stod(mark) <= high + 0.06 * std::max(high - low, std::abs(high)) + 0.51);
    }
    CHECK_THAT(text, !ContainsSubstring("nan") && !ContainsSubstring("inf"));
  }
}

TEST_CASE("chart: trials and epochs are marked by whole numbers", "[engine]") {
  for (const double last : {0.0, 1.0, 3.0, 15.0, 500.0, 100000.0}) {
    CAPTURE(last);
    const auto marks = marks_of(chart_of({{0, 1}, {last, 2}}), "middle");
    CHECK_FALSE(marks.empty());
    for (const auto& mark : marks)
      CHECK_THAT(mark, !ContainsSubstring(".") && !ContainsSubstring("e"));
  }
}

TEST_CASE("chart: all that is drawn lies inside the picture, with room around it", "[engine]") {
  for (const double size : {1.0, 1e6, 1e-9, -3e12}) {
    CAPTURE(size);
    const std::string text = chart_of({{0, 0}, {100000, size}}, Kind::kDots);
    std::smatch found;
    REQUIRE(std::regex_search(text, found, std::regex("viewBox=\"0 0 ([0-9]+) ([0-9]+)\"")));
    const double width = std::stod(found[1]);
    const double height = std::stod(found[2]);
    // About 7 units a character: half of them beside the place of a mark of the x axis, all of them
    // before one of the y axis.
    const std::regex mark(
        "<text x=\"([-.0-9]+)\" y=\"([-.0-9]+)\" text-anchor=\"(middle|end)\">([^<]*)<");
    int marks = 0;
    for (std::sregex_iterator at(text.begin(), text.end(), mark), end; at != end; ++at) {
      ++marks;
      const double x = std::stod((*at)[1]);
      const double length = 7.0 * static_cast<double>((*at)[4].length());
      const bool middle = (*at)[3] == "middle";
      CHECK(x - (middle ? length / 2 : length) >= 20);  // the axis' name stands left of that
      CHECK(x + (middle ? length / 2 : 0) <= width);
      CHECK(std::stod((*at)[2]) <= height - 4);
      CHECK(std::stod((*at)[2]) >= 12);
    }
    CHECK(marks >= 4);
    const std::regex dot("M([.0-9]+),([.0-9]+)h0");
    int dots = 0;
    for (std::sregex_iterator at(text.begin(), text.end(), dot), end; at != end; ++at) {
      ++dots;
      CHECK(std::stod((*at)[1]) >= 4);
      CHECK(std::stod((*at)[1]) <= width - 4);
      CHECK(std::stod((*at)[2]) >= 4);
      CHECK(std::stod((*at)[2]) <= height - 4);
    }
    CHECK(dots == 2);
  }
}

TEST_CASE("chart: ten thousand trials make no heavy page", "[engine]") {
  Points points;
  for (int i = 0; i < 10000; ++i) points.emplace_back(i, std::sin(i));
  CHECK(chart_of(points, Kind::kDots).size() < 250000);
}

}  // namespace
}  // namespace nas::engine::html
