// The string form of NAS-Bench-201 cells: "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|".
#include "common/error.h"
#include "common/registry.h"
#include "common/text.h"
#include "search_space/architecture.h"
#include "search_space/op.h"

namespace nas::search_space {

std::string to_nasbench201_text(const Architecture& architecture) {
  if (architecture.family != "nasbench201") {
    throw common::DataError(
        {.where = "architecture", .what = "not of family nasbench201", .got = architecture.family});
  }
  std::vector<std::string> nodes;
  for (const CellNode& node : architecture.cells.at("normal").nodes) {
    std::string text = "|";
    for (const Edge& edge : node.edges) text += edge.op + "~" + std::to_string(edge.state) + "|";
    nodes.push_back(text);
  }
  return common::join(nodes, "+");
}

Architecture from_nasbench201_text(const std::string& text) {
  const auto reject = [&](const std::string& what, const std::string& hint = "") -> void {
    throw common::UsageError({.where = "architecture",
                              .what = what,
                              .got = "'" + text + "'",
                              .expected = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|",
                              .hint = hint});
  };
  Cell cell{.inputs = 1, .nodes = {}, .concat = {3}};
  const auto nodes = common::split(text, '+');
  if (nodes.size() != 3) reject("a NAS-Bench-201 cell has three nodes");
  for (const auto& node_text : nodes) {
    CellNode node;
    const auto parts = common::split(node_text, '|');
    if (!parts.front().empty() || !parts.back().empty()) reject("text outside of the bars");
    for (size_t i = 1; i + 1 < parts.size(); ++i) {
      const auto edge = common::split(parts[i], '~');
      if (edge.size() != 2 || edge[1] != std::to_string(i - 1))
        reject("edges must come from states 0, 1, …");
      if (!common::Registry<Op>::contains(edge[0])) {
        reject("unknown operation '" + edge[0] + "'",
               common::nearest(edge[0], common::Registry<Op>::names()));
      }
      node.edges.push_back({.state = static_cast<int>(i) - 1, .op = edge[0]});
    }
    if (node.edges.size() != cell.nodes.size() + 1)
      reject("node " + std::to_string(cell.nodes.size() + 1) +
             " needs an edge from every earlier state");
    cell.nodes.push_back(node);
  }
  return {.family = "nasbench201", .cells = {{"normal", cell}}};
}

}  // namespace nas::search_space
