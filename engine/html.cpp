#include "engine/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "common/error.h"
#include "export/drawing.h"

namespace nas::engine::html {

namespace {

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--text:#1c2733;--muted:#5b6b7c;--page:#fff;--line:#e1e6ec;--head:#f4f6f9;--note:#fff5d6}
@media(prefers-color-scheme:dark){:root{--text:#dde3ea;--muted:#98a6b5;--page:#15191e;--line:#2c343d;--head:#1e242b;--note:#3a3114}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:1100px;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid var(--line);padding-bottom:.2rem}
h1,dd,p,code{overflow-wrap:anywhere}code{font-size:.85rem}
.note{background:var(--note);border-left:4px solid #e0a800;padding:.5rem .9rem;margin:1rem 0}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1.2rem}dt{color:var(--muted)}dd{margin:0}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;white-space:nowrap;font-variant-numeric:tabular-nums}
th{background:var(--head);font-weight:600}.number{text-align:right}
.text,.longest{overflow:hidden;text-overflow:ellipsis}.text{max-width:30rem}.longest{max-width:0;min-width:12rem;width:100%}
.wrapped,td:focus{white-space:normal;overflow-wrap:anywhere}.wrapped{min-width:22rem}
.confusion td{padding:.15rem .4rem;min-width:1.3rem;text-align:right;border:1px solid var(--page)}.confusion .zero{color:var(--muted);opacity:.5}
.confusion th{font-size:.75rem;font-weight:500;text-align:right;max-width:24rem;overflow:hidden;text-overflow:ellipsis}
.confusion th:first-child{text-align:left;position:sticky;left:0}
figure{margin:0 0 1rem}svg{max-width:100%;height:auto}figure svg{fill:var(--muted)}
.grid,.axis,.curve{fill:none;stroke-linecap:round;stroke-linejoin:round}.grid{stroke:var(--line)}.axis{stroke:var(--muted)}
figcaption{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;padding-left:4.5rem;font-size:.85rem;color:var(--muted)}
figcaption i{display:inline-block;width:.75rem;height:.75rem;border-radius:2px;margin-right:.4rem}
.drawing{background:#fff;color:#000;border-radius:4px;padding:.5rem;overflow-x:auto}
@media print{td{white-space:normal;overflow-wrap:anywhere}}
)";

// Red, green, blue: told apart by those who confuse red and green.
constexpr const char* kRightShade = "47,111,176";
constexpr const char* kWrongShade = "201,96,20";

const char* class_of(Column::Kind kind) {
  switch (kind) {
    case Column::Kind::kText:
      return "text";
    case Column::Kind::kNumber:
      return "number";
    case Column::Kind::kLongest:
      return "longest";
    case Column::Kind::kWrapped:
      return "wrapped";
  }
  return "";
}

std::string cell(Column::Kind kind, const std::string& text) {
  // Short cells cannot be cut, and need no stop for the keyboard either.
  const bool can_be_cut = text.size() > 30 && kind != Column::Kind::kWrapped;
  return fmt::format("<td class=\"{}\"{}>{}</td>", class_of(kind),
                     can_be_cut ? fmt::format(" tabindex=\"0\" title=\"{}\"", escape(text)) : "",
                     escape(text));
}

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

std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> shown;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto has_text = [i](const auto& row) { return !row.at(i).empty(); };
    if (std::any_of(rows.begin(), rows.end(), has_text)) shown.push_back(i);
  }
  std::string text = "<div class=\"scroll\"><table><tr>";
  for (const size_t i : shown) {
    text +=
        fmt::format("<th class=\"{}\">{}</th>", class_of(columns[i].kind), escape(columns[i].name));
  }
  text += "</tr>\n";
  for (const auto& row : rows) {
    text += "<tr>";
    for (const size_t i : shown) text += cell(columns[i].kind, row[i]);
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

std::string confusion(const std::vector<std::vector<int64_t>>& counts,
                      const std::vector<std::string>& names) {
  std::string text =
      "<div class=\"scroll\"><table class=\"confusion\"><tr><th>true \\ predicted</th>";
  for (size_t k = 0; k < names.size(); ++k)
    text += fmt::format("<th title=\"{}\">{}</th>", escape(names[k]), k);
  text += "</tr>\n";
  for (size_t i = 0; i < counts.size(); ++i) {
    const auto total = std::accumulate(counts[i].begin(), counts[i].end(), int64_t{0});
    text += fmt::format("<tr><th title=\"{1}\">{0} {1}</th>", i, escape(names[i]));
    for (size_t j = 0; j < counts[i].size(); ++j) {
      if (counts[i][j] == 0) {
        text += "<td class=\"zero\">0</td>";
        continue;
      }
      const double share = static_cast<double>(counts[i][j]) / static_cast<double>(total);
      text += fmt::format("<td style=\"background:rgba({},{:.2f}){}\" title=\"{} as {}\">{}</td>",
                          i == j ? kRightShade : kWrongShade, 0.15 + 0.85 * share,
                          share > 0.8 ? ";color:#fff" : "", escape(names[i]), escape(names[j]),
                          counts[i][j]);
    }
    text += "</tr>\n";
  }
  return text + "</table></div>\n";
}

std::string drawing(const search_space::Architecture& architecture) {
  try {
    const std::string svg = exporting::dot_to_svg(exporting::architecture_dot(architecture));
    return "<div class=\"drawing\">" + svg.substr(svg.find("<svg")) + "</div>\n";
  } catch (const common::Error&) {
    return "<p>(Graphviz is not installed: no drawing.)</p><code>" +
           escape(search_space::to_json(architecture).dump()) + "</code>\n";
  }
}

}  // namespace nas::engine::html
