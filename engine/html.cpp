#include "engine/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/error.h"
#include "export/drawing.h"

namespace nas::engine::html {

namespace {

constexpr const char* kStyle = R"(
body{font:15px/1.5 system-ui,sans-serif;color:#1c2733;background:#fff;max-width:1100px;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #d8dee6;padding-bottom:.2rem}
table{border-collapse:collapse;font-size:.9rem}th,td{padding:.25rem .7rem;border-bottom:1px solid #e4e8ee;text-align:left;font-variant-numeric:tabular-nums}
td{white-space:nowrap}th{background:#f4f6f9;font-weight:600}.note{background:#fff5d6;border-left:4px solid #e0a800;padding:.5rem .9rem;margin:1rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem}dt{color:#5b6b7c}dd{margin:0}
.confusion td{padding:.15rem .4rem;text-align:right;border:1px solid #fff}.confusion th{font-size:.75rem;font-weight:500}
.scroll{overflow-x:auto}svg{max-width:100%;height:auto}code{font-size:.85rem;word-break:break-all}
)";

// A step of 1, 2 or 5 times a power of ten that gives about `count` ticks.
double tick_step(double range, int count) {
  const double raw = range / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power) return factor * power;
  }
  return 10 * power;
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void widen() {
    const double margin = high > low ? 0.05 * (high - low) : std::max(0.5, std::abs(high) * 0.05);
    low -= margin;
    high += margin;
  }
};

}  // namespace

std::string escape(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string page(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\">"
      "<title>{0}</title><style>{1}</style></head>\n<body><h1>{0}</h1>\n{2}</body></html>\n",
      escape(title), kStyle, body);
}

std::string table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string text = "<div class=\"scroll\"><table><tr>";
  for (const auto& cell : header) text += "<th>" + escape(cell) + "</th>";
  text += "</tr>\n";
  for (const auto& row : rows) {
    text += "<tr>";
    for (const auto& cell : row) text += "<td>" + escape(cell) + "</td>";
    text += "</tr>\n";
  }
  return text + "</table></div>\n";
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string text = "<dl>";
  for (const auto& [name, value] : facts)
    text += "<dt>" + escape(name) + "</dt><dd>" + escape(value) + "</dd>";
  return text + "</dl>\n";
}

std::string chart(const std::vector<Series>& series, const std::string& x_name,
                  const std::string& y_name) {
  Range x;
  Range y;
  for (const auto& one : series) {
    for (const auto& [px, py] : one.points) {
      x.add(px);
      y.add(py);
    }
  }
  if (!(x.low <= x.high)) return "";
  x.widen();
  y.widen();
  constexpr double kLeft = 70, kTop = 15, kWidth = 760, kHeight = 260;
  const auto at_x = [&](double value) {
    return kLeft + (value - x.low) / (x.high - x.low) * kWidth;
  };
  const auto at_y = [&](double value) {
    return kTop + kHeight - (value - y.low) / (y.high - y.low) * kHeight;
  };
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" width=\"{}\" role=\"img\" font-size=\"12\" fill=\"#5b6b7c\">\n",
      kLeft + kWidth + 20, kTop + kHeight + 70, kLeft + kWidth + 20);
  const double step_y = tick_step(y.high - y.low, 5);
  for (double tick = std::ceil(y.low / step_y) * step_y; tick <= y.high; tick += step_y) {
    svg += fmt::format(
        "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#e4e8ee\"/><text x=\"{}\" "
        "y=\"{:.1f}\" text-anchor=\"end\">{:.4g}</text>\n",
        kLeft, kLeft + kWidth, at_y(tick), at_y(tick), kLeft - 8, at_y(tick) + 4, tick);
  }
  const double step_x =
      std::max(1.0, tick_step(x.high - x.low, 8));  // trials and epochs are whole numbers
  for (double tick = std::ceil(x.low / step_x) * step_x + 0.0; tick <= x.high; tick += step_x) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:.4g}</text>\n",
                       at_x(tick), kTop + kHeight + 18, tick);
  }
  svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                     kLeft + kWidth / 2, kTop + kHeight + 38, escape(x_name));
  svg += fmt::format(
      "<text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
      kTop + kHeight / 2, escape(y_name));
  double legend = kLeft;
  for (const auto& one : series) {
    if (one.line) {
      std::string points;
      for (const auto& [px, py] : one.points)
        points += fmt::format("{:.1f},{:.1f} ", at_x(px), at_y(py));
      svg +=
          fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n",
                      points, one.colour);
    } else {
      for (const auto& [px, py] : one.points) {
        svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>", at_x(px),
                           at_y(py), one.colour);
      }
    }
    svg += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{}\"/><text x=\"{}\" "
        "y=\"{}\">{}</text>\n",
        legend, kTop + kHeight + 48, one.colour, legend + 18, kTop + kHeight + 58,
        escape(one.name));
    legend += 40 + 7.5 * static_cast<double>(one.name.size());
  }
  return svg + "</svg>\n";
}

std::string confusion(const std::vector<std::vector<int64_t>>& counts,
                      const std::vector<std::string>& names) {
  std::string text =
      "<div class=\"scroll\"><table class=\"confusion\"><tr><th>true \\ predicted</th>";
  for (size_t k = 0; k < names.size(); ++k)
    text += fmt::format("<th title=\"{}\">{}</th>", escape(names[k]), k);
  text += "</tr>\n";
  for (size_t i = 0; i < counts.size(); ++i) {
    const int64_t total = std::max<int64_t>(1, [&] {
      int64_t sum = 0;
      for (const int64_t c : counts[i]) sum += c;
      return sum;
    }());
    text += fmt::format("<tr><th>{} {}</th>", i, escape(names[i]));
    for (size_t j = 0; j < counts[i].size(); ++j) {
      const double share = static_cast<double>(counts[i][j]) / static_cast<double>(total);
      const char* colour = i == j ? "40,140,90" : "200,60,50";
      text += fmt::format("<td style=\"background:rgba({},{:.2f})\">{}</td>", colour,
                          0.08 + 0.8 * share * (counts[i][j] > 0 ? 1 : 0), counts[i][j]);
    }
    text += "</tr>\n";
  }
  return text + "</table></div>\n";
}

std::string drawing(const search_space::Architecture& architecture) {
  try {
    const std::string svg = exporting::dot_to_svg(exporting::architecture_dot(architecture));
    return "<div class=\"scroll\">" + svg.substr(svg.find("<svg")) + "</div>\n";
  } catch (const common::Error&) {
    return "<p>(Graphviz is not installed: no drawing.)</p><code>" +
           escape(search_space::to_json(architecture).dump()) + "</code>\n";
  }
}

}  // namespace nas::engine::html
