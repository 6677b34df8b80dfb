#include "search_space/collapse.h"

#include "search_space/op.h"

namespace nas::search_space {

namespace {
constexpr double kNearlyAll = 0.75;
}

Collapse collapse_of(const Architecture& architecture) {
  Collapse found;
  const auto cell = architecture.cells.find("normal");
  if (cell == architecture.cells.end()) return found;
  for (const CellNode& node : cell->second.nodes) {
    for (const Edge& edge : node.edges) {
      ++found.edges;
      found.without_weights += has_weights(edge.op) ? 0 : 1;
    }
  }
  found.collapsed = found.edges > 0 && found.without_weights >= kNearlyAll * found.edges;
  return found;
}

std::string collapse_text(const Architecture& architecture) {
  const Collapse found = collapse_of(architecture);
  if (!found.collapsed) return "";
  return "collapsed: " + std::to_string(found.without_weights) + " of " +
         std::to_string(found.edges) +
         " operations of the normal cell are skips, pools or none, a known failure of shared "
         "weights";
}

}  // namespace nas::search_space
