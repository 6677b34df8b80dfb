// Drawings of cells and networks: Graphviz DOT, and SVG through the program `dot`.
#pragma once

#include <string>

#include "search_space/architecture.h"
#include "search_space/network_graph.h"

namespace nas::exporting {

// The cells, a cluster each: states as boxes, operations on the edges, the concatenation as an
// ellipse.
std::string architecture_dot(const search_space::Architecture& architecture);

// The end points of a network with their shapes (channels x height x width), and which feeds which.
std::string network_dot(const search_space::NetworkGraph& graph);

// Runs `dot -Tsvg`. Throws SystemError when graphviz is missing or refuses the text.
std::string dot_to_svg(const std::string& dot);

}  // namespace nas::exporting
