// What a network costs, read from its graph.
#pragma once

#include "search_space/network_graph.h"

namespace nas::search_space {

struct Cost {
  int64_t parameters = 0;            // trainable, without the auxiliary head
  int64_t auxiliary_parameters = 0;  // trainable, of the auxiliary head
  int64_t buffers = 0;               // batch-norm statistics, all heads
  int64_t multiply_adds =
      0;  // convolutions and linear layers, one image, without the auxiliary head
  int64_t activation_bytes = 0;  // float32 outputs kept for the backward pass, one image
};

// Throws ConfigError for a network so large that a count would pass 63 bits.
Cost cost_of(const NetworkGraph& graph);

}  // namespace nas::search_space
