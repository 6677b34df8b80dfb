#include "export/drawing.h"

#include <map>
#include <set>
#include <vector>

#include "common/error.h"
#include "common/process.h"

namespace nas::exporting {

namespace {

using search_space::Cell;
using search_space::NetworkGraph;

// Room between the boxes: a browser's font may be wider than the one that dot measures.
constexpr const char* kStyle =
    "  graph [pad=0.2, nodesep=0.45, ranksep=0.55];\n"
    "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f4f4f4\", fontname=\"Helvetica\", "
    "fontsize=11];\n"
    "  edge [fontname=\"Helvetica\", fontsize=9, color=\"#555555\"];\n";

// A DOT string: text "sep_conv_3x3" -> "\"sep_conv_3x3\"".
std::string quoted(const std::string& text) {
  std::string result(1, '"');
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  result += '"';
  return result;
}

std::string box(const std::string& id, const std::string& label, const std::string& extra = "") {
  return std::string("    ") + quoted(id) + " [label=" + quoted(label) + extra + "];\n";
}

std::string arrow(const std::string& from, const std::string& to, const std::string& label = "") {
  // The blanks keep the text off the line.
  const std::string text =
      label.empty() ? std::string() : std::string(" [label=") + quoted(" " + label + " ") + "]";
  return std::string("    ") + quoted(from) + " -> " + quoted(to) + text + ";\n";
}

std::string cell_dot(const std::string& name, const Cell& cell) {
  const auto id = [&](int state) { return name + "." + std::to_string(state); };
  std::string text = std::string("  subgraph ") + quoted(std::string("cluster_") + name) + " {\n";
  text += std::string("    label=") + quoted(name + " cell") + ";\n";
  text += "    fontname=\"Helvetica\";\n    color=\"#bbbbbb\";\n    margin=36;\n";
  for (int state = 0; state < cell.inputs; ++state) {
    text +=
        box(id(state), std::string("input ") + std::to_string(state), ", fillcolor=\"#cfe2f3\"");
  }
  for (size_t i = 0; i < cell.nodes.size(); ++i) {
    const int state = cell.inputs + static_cast<int>(i);
    text += box(id(state), std::to_string(state) + ": " + cell.nodes[i].combine);
    for (const auto& edge : cell.nodes[i].edges) text += arrow(id(edge.state), id(state), edge.op);
  }
  const std::string output = name + ".output";
  const std::string label = cell.concat.size() == 1 ? "output" : "concat";
  text += box(output, label, ", shape=ellipse, fillcolor=\"#d9ead3\"");
  for (const int state : cell.concat) text += arrow(id(state), output);
  return text + "  }\n";
}

// Layers, the image above them and what reads them last.
std::string layers_dot(const std::vector<search_space::Layer>& layers) {
  const auto id = [](int layer) { return "layer " + std::to_string(layer); };
  std::string text = box("image", "image", ", fillcolor=\"#cfe2f3\"");
  std::vector<bool> read(layers.size(), false);
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto& layer = layers[i];
    const std::string name = id(static_cast<int>(i));
    std::string label = name + "\n" + std::to_string(layer.kernel_h) + " x " +
                        std::to_string(layer.kernel_w) + ", " + std::to_string(layer.filters);
    if (layer.stride > 1) label += " / " + std::to_string(layer.stride);
    text += box(name, label);
    if (layer.inputs.empty()) text += arrow("image", name);
    for (const int input : layer.inputs) {
      text += arrow(id(input), name);
      read[static_cast<size_t>(input)] = true;
    }
  }
  text += box("output", "concat", ", shape=ellipse, fillcolor=\"#d9ead3\"");
  for (size_t i = 0; i < layers.size(); ++i) {
    if (!read[i]) text += arrow(id(static_cast<int>(i)), "output");
  }
  return text;
}

std::string shape_text(const search_space::Shape& shape) {
  return std::to_string(shape.channels) + " x " + std::to_string(shape.height) + " x " +
         std::to_string(shape.width);
}

// Names by node: the image, the end points and the logits.
std::map<int, std::string> landmarks(const NetworkGraph& graph) {
  std::map<int, std::string> names = {{0, "image"}};
  for (const auto& [name, node] : graph.end_points) names.insert({node, name});
  if (graph.logits >= 0) names.insert({graph.logits, "logits"});
  return names;
}

}  // namespace

std::string architecture_dot(const search_space::Architecture& architecture) {
  const std::string title = architecture.name.empty() ? architecture.family : architecture.name;
  std::string text = "digraph architecture {\n  rankdir=TB;\n";
  text += std::string("  label=") + quoted(title) + ";\n  labelloc=t;\n  fontname=\"Helvetica\";\n";
  text += kStyle;
  for (const auto& [name, cell] : architecture.cells) text += cell_dot(name, cell);
  if (!architecture.layers.empty()) text += layers_dot(architecture.layers);
  return text + "}\n";
}

std::string network_dot(const NetworkGraph& graph) {
  const std::map<int, std::string> names = landmarks(graph);
  std::string text = "digraph network {\n  rankdir=TB;\n";
  text += kStyle;
  // The nearest landmarks that each node depends on.
  std::vector<std::set<int>> sources(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const int input : graph.nodes[i].inputs) {
      if (names.count(input) > 0) {
        sources[i].insert(input);
      } else {
        const std::set<int>& earlier = sources.at(static_cast<size_t>(input));
        sources[i].insert(earlier.begin(), earlier.end());
      }
    }
    const auto found = names.find(static_cast<int>(i));
    if (found == names.end()) continue;
    text += box(found->second, found->second + "\n" + shape_text(graph.nodes[i].shape));
    for (const int source : sources[i]) text += arrow(names.at(source), found->second);
  }
  return text + "}\n";
}

std::string dot_to_svg(const std::string& dot) {
  if (!common::program_exists("dot")) {
    throw common::SystemError(
        {.where = "drawing", .what = "the program 'dot' is missing", .hint = "install graphviz"});
  }
  common::Process process({.arguments = {"dot", "-Tsvg"}, .pipe_stdin = true, .pipe_stdout = true});
  // dot draws only when it has read everything, so writing first cannot block on its output.
  process.write_line(dot);
  process.close_stdin();
  std::string svg;
  while (!process.at_end()) {
    if (const auto line = process.read_line(1000)) svg += *line + "\n";
  }
  const common::ProcessStatus status = process.wait();
  if (status.signal != 0 || status.exit_code != 0) {
    throw common::SystemError({.where = "drawing", .what = "dot failed", .got = status.text()});
  }
  return svg;
}

}  // namespace nas::exporting
