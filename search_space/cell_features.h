// A fixed-length description of a cell for surrogate models.
#pragma once

#include <string>
#include <vector>

#include "search_space/cell_graph.h"

namespace nas::search_space {

// How often each of `operations` occurs, uses of each input of the cell, concatenations, outputs,
// depth; then the steps of its paths, 1 where there is such a one: which operation reads each input
// and each operation's result, and whose results the cell puts out. `graph`: of these operations.
std::vector<double> cell_features(const CellGraph& graph,
                                  const std::vector<std::string>& operations);

}  // namespace nas::search_space
