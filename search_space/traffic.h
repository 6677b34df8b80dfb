// How many bytes a network moves, read from its graph.
#pragma once

#include "search_space/network_graph.h"

namespace nas::search_space {

// Of float32 activations and their gradients, one image, when every primitive runs by itself: it
// reads its inputs from memory and writes its output there. Weights, which a batch shares, are left
// out. What runs several primitives at once moves less.
struct Traffic {
  double inference_bytes = 0.0;  // without the auxiliary head
  double training_bytes = 0.0;   // forward and backward
};
Traffic traffic_of(const NetworkGraph& graph);

}  // namespace nas::search_space
