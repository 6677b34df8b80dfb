#include "engine/html_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/html.h"

namespace nas::engine::html {

namespace {

using PlotPoints = std::vector<std::pair<double, double>>;

// In units of the drawing: of the plotted area, and of a character of the marks.
constexpr double kTop = 12, kWidth = 760, kHeight = 260, kCharacter = 7.2;

class Axis {
 public:
  // From values; steps are 1, 2 or 5 times a power of ten, about `marks` of them.
  Axis(const std::vector<double>& values, int marks, double least_step) {
    low_ = *std::min_element(values.begin(), values.end());
    high_ = *std::max_element(values.begin(), values.end());
    const double size = std::max(std::abs(low_), std::abs(high_));
    // Values that differ by rounding alone are equal: between them there is no room for marks.
    const bool equal = high_ - low_ <= 1e-9 * size;
    const double margin = 0.05 * (!equal ? high_ - low_ : size > 0 ? size : 1.0);
    low_ -= margin;
    high_ += margin;
    step_ = std::max(least_step, nice((high_ - low_) / marks));
    for (double k = std::ceil(low_ / step_); k * step_ <= high_; ++k)
      marks_.push_back(k * step_ + 0.0);  // -0.0 becomes 0.0
  }

  double share(double value) const { return (value - low_) / (high_ - low_); }
  const std::vector<double>& marks() const { return marks_; }

  // With as many digits as tell the marks apart.
  std::string text(double mark) const {
    const double size = std::max(std::abs(low_), std::abs(high_));
    const double digits = std::floor(std::log10(step_) + 1e-9);
    if (size < 1e7 && step_ >= 1e-6)
      return fmt::format("{:.{}f}", mark, static_cast<int>(std::max(0.0, -digits)));
    const double significant = std::floor(std::log10(size)) - digits;
    return fmt::format("{:.{}e}", mark, static_cast<int>(std::max(0.0, significant)));
  }

 private:
  static double nice(double step) {
    const double power = std::pow(10.0, std::floor(std::log10(step)));
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (step <= factor * power) return factor * power;
    }
    return 10 * power;
  }

  double low_ = 0;
  double high_ = 0;
  double step_ = 1;
  std::vector<double> marks_;
};

// Neither infinite nor so large that the span of an axis would be.
bool is_drawable(double value) { return std::abs(value) < 1e100; }

PlotPoints drawable(const Series& series) {
  PlotPoints kept;
  for (const auto& point : series.points) {
    if (is_drawable(point.first) && is_drawable(point.second)) kept.push_back(point);
  }
  return kept;
}

// One path for all dots: lines of no length with round ends. A run may have thousands.
std::string path(const PlotPoints& points, Series::Kind kind) {
  std::string text;
  for (size_t i = 0; i < points.size(); ++i) {
    const auto [x, y] = points[i];
    if (kind == Series::Kind::kDots) {
      text += fmt::format("M{:.1f},{:.1f}h0", x, y);
    } else if (i == 0) {
      text += fmt::format("M{:.1f},{:.1f}", x, y);
    } else if (kind == Series::Kind::kSteps) {
      text += fmt::format("H{:.1f}V{:.1f}", x, y);
    } else {
      text += fmt::format("L{:.1f},{:.1f}", x, y);
    }
  }
  return text;
}

std::string curve(const Series& series, PlotPoints points, double left, const Axis& x,
                  const Axis& y) {
  for (auto& [px, py] : points) {
    px = left + x.share(px) * kWidth;
    py = kTop + (1 - y.share(py)) * kHeight;
  }
  // A line through a single point would be invisible.
  const auto kind = points.size() == 1 ? Series::Kind::kDots : series.kind;
  const double width = kind != Series::Kind::kDots ? 2 : points.size() > 500 ? 4 : 7;
  return fmt::format("<path d=\"{}\" class=\"curve\" stroke=\"{}\" stroke-width=\"{}\"/>\n",
                     path(points, kind), escape(series.colour), width);
}

std::string axes(double left, const Axis& x, const Axis& y, const std::string& x_name,
                 const std::string& y_name) {
  std::string svg;
  for (const double mark : y.marks()) {
    const double at = kTop + (1 - y.share(mark)) * kHeight;
    svg += fmt::format(
        "<path class=\"grid\" d=\"M{:.1f},{:.1f}h{}\"/><text x=\"{:.1f}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{}</text>\n",
        left, at, kWidth, left - 8, at + 4, y.text(mark));
  }
  const double bottom = kTop + kHeight;
  for (const double mark : x.marks()) {
    const double at = left + x.share(mark) * kWidth;
    svg += fmt::format(
        "<path class=\"axis\" d=\"M{:.1f},{}v5\"/><text x=\"{:.1f}\" y=\"{}\" "
        "text-anchor=\"middle\">{}</text>\n",
        at, bottom, at, bottom + 20, x.text(mark));
  }
  svg += fmt::format("<path class=\"axis\" d=\"M{:.1f},{}h{}\"/>\n", left, bottom, kWidth);
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                     left + kWidth / 2, bottom + 42, escape(x_name));
  return svg + fmt::format(
                   "<text transform=\"translate(16 {}) rotate(-90)\" "
                   "text-anchor=\"middle\">{}</text>\n",
                   kTop + kHeight / 2, escape(y_name));
}

}  // namespace

std::string chart(const std::vector<Series>& series, const std::string& x_name,
                  const std::string& y_name) {
  std::vector<double> xs;
  std::vector<double> ys;
  for (const auto& one : series) {
    for (const auto& [px, py] : drawable(one)) {
      xs.push_back(px);
      ys.push_back(py);
    }
  }
  if (xs.empty()) return "";
  const Axis x(xs, 8, 1.0);
  const Axis y(ys, 7, 0.0);
  size_t longest = 4;  // so that most charts of a page are in line
  for (const double mark : y.marks()) longest = std::max(longest, y.text(mark).size());
  const double left = 36 + kCharacter * static_cast<double>(longest);
  // Half a mark of the x axis may stand out on the right.
  std::string html = fmt::format(
      "<figure><svg viewBox=\"0 0 {0:.0f} {1}\" width=\"{0:.0f}\" role=\"img\" aria-label=\"{2}\" "
      "font-size=\"12\">\n",
      left + kWidth + 40, kTop + kHeight + 52, escape(y_name + " by " + x_name));
  html += axes(left, x, y, x_name, y_name);
  std::string legend;
  for (const auto& one : series) {
    const PlotPoints points = drawable(one);
    if (points.empty()) continue;
    html += curve(one, points, left, x, y);
    legend += fmt::format("<span><i style=\"background:{}\"></i>{}</span>", escape(one.colour),
                          escape(one.name));
  }
  return html + "</svg><figcaption>" + legend + "</figcaption></figure>\n";
}

}  // namespace nas::engine::html
