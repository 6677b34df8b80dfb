// How a network is built around the cells of an architecture. One file each in
// search_space/families/.
#pragma once

#include "common/registry.h"
#include "search_space/architecture.h"
#include "search_space/graph_builder.h"
#include "search_space/network_options.h"

namespace nas::search_space {

struct NetworkFamily {
  static constexpr const char* kKind = "network family";
  std::string name;
  std::string summary;
  // Throws ConfigError where the options do not fit (e.g. an image too small for the cells).
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
