// How a network is built around the cells of an architecture. One file each in
// search_space/families/.
#pragma once

#include "common/registry.h"
#include "search_space/architecture.h"
#include "search_space/graph_builder.h"

namespace nas::search_space {

struct NetworkOptions {
  int64_t input_size = 32;    // pixels, H = W
  int64_t classes = 10;       // >= 1
  int64_t cells = 6;          // normal cells a stage, >= 1; three stages
  int64_t filters = 32;       // of the first stage's cells; doubled at each reduction
  std::string stem = "auto";  // cifar | strided | imagenet; auto: by input_size
  double stem_multiplier =
      3.0;  // stem filters = filters (imagenet: 32, as tf-slim) x this; families nasnet, darts
  bool skip_reduction_input = false;  // tf-slim's skip_reduction_layer_input; family nasnet
  bool auxiliary = false;             // append the auxiliary head
  double dropout = 0.0;               // before the classifier
};

struct NetworkFamily {
  static constexpr const char* kKind = "network family";
  std::string name;
  std::string summary;
  // Throws ConfigError where the options do not fit (e.g. an image too small for the head).
  NetworkGraph (*build)(const Architecture& architecture, const NetworkOptions& options) = nullptr;
};

// Builds by the architecture's family. Throws ConfigError, DataError.
NetworkGraph build_network(const Architecture& architecture, const NetworkOptions& options);

// Helpers of families.
// "auto" resolved: up to 40 px cifar, up to 96 px strided, above imagenet.
std::string stem_for(const NetworkOptions& options);
// relu - global average - dropout - linear.
int append_classifier(GraphBuilder& graph, int x, const NetworkOptions& options, bool relu);
// 5x5 average pool - 1x1 to 128 - convolution over all that is left to 768 - linear
// (tf-slim and DARTS; the pool's stride is 3 for small images, 2 on DARTS' ImageNet network).
int append_auxiliary_head(GraphBuilder& graph, int x, int64_t classes, int64_t pool_stride);
// The cell `name` of the architecture; throws DataError when it has none, or one of another form:
// `inputs` states to begin with, `edges` a node (0: any number).
const Cell& cell_of(const Architecture& architecture, const std::string& name, int inputs,
                    size_t edges);

}  // namespace nas::search_space
