// Which parameters the networks of a space share when one set of weights serves them all: those of
// one place (cell, node, input, operation) and shape. The 1x1 that reads a concat of whatever the
// architecture leaves over, and all else whose width depends on it, takes a slice for each part of
// what it reads (Pham et al. 2018).
#pragma once

#include <string>
#include <vector>

#include "search_space/network_graph.h"

namespace nas::search_space {

struct SharedSlice {
  std::string key;  // two networks share what has one key; it has its shape
  int64_t begin = 0;
  int64_t count = 0;
};

// A parameter of a network, put together from `slices` along `dimension`; -1: of one, the whole.
struct SharedParameter {
  int dimension = -1;
  std::vector<SharedSlice> slices;
};

// Of each node, for each of its parameters.
std::vector<std::vector<SharedParameter>> shared_parameters(const NetworkGraph& graph);

}  // namespace nas::search_space
