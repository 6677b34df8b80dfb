// How a network is built around the cells of an architecture. One file each in
// search_space/families/.
#pragma once

#include "common/registry.h"
#include "search_space/cell_graph.h"
#include "search_space/graph_builder.h"
#include "search_space/network_options.h"

namespace nas::search_space {

// What the cells of a family may be, and what it makes of them.
struct CellForm {
  int inputs = 0;               // states that a cell begins with; 0: networks are not made of cells
  std::string node = {};        // what the family calls a node: "node", "block"
  bool reduction = true;        // cells "normal" and "reduction"; else "normal" alone
  bool concat_nodes = false;    // a node may concatenate
  bool wide_output = true;      // a cell may put out several states
  bool inputs_put_out = false;  // its inputs among them
  bool mixes = false;           // builds edges of several operations (search_space/mixture.h)
  // Of the cell of this name; what holds in a reduction cell holds in a normal one too.
  CellRules (*rules)(const std::string& cell) = nullptr;
};

struct NetworkFamily {
  static constexpr const char* kKind = "network family";
  std::string name;
  std::string summary;
  // Throws ConfigError where the options do not fit (e.g. an image too small for the cells).
  NetworkGraph (*build)(const Architecture& architecture, const NetworkOptions& options) = nullptr;
  CellForm cells = {};
  // Options of a network or a training that make no difference to its networks.
  std::vector<std::string> ignores = {};
};

// Builds by the architecture's family. Throws ConfigError, DataError.
NetworkGraph build_network(const Architecture& architecture, const NetworkOptions& options);

// Whether an option (a network's, or of its training) makes a difference to this architecture.
bool makes_difference(const std::string& option, const Architecture& architecture);
// "2 cells a stage, 16 filters", of what makes a difference to it.
std::string network_size_text(const Architecture& architecture, int64_t cells, int64_t filters);

// Helpers of families.
// "auto" resolved: up to 40 px cifar, up to 96 px strided, above imagenet.
std::string stem_for(const NetworkOptions& options);
// relu - global average - dropout - linear.
int append_classifier(GraphBuilder& graph, int x, const NetworkOptions& options, bool relu);
// 5x5 average pool - 1x1 to 128 - convolution over all that is left to 768 - linear
// (tf-slim and DARTS; the pool's stride is 3 for small images, 2 on DARTS' ImageNet network).
int append_auxiliary_head(GraphBuilder& graph, int x, int64_t classes, int64_t pool_stride);
// The cell `name` of the architecture; throws DataError when it has none, or one with another
// number of inputs.
const Cell& cell_of(const Architecture& architecture, const std::string& name, int inputs);
// The scope of an edge: "from0"; where others of the node come from that state too, "from0_again".
std::string edge_place(const CellNode& node, size_t edge);
// The operation returns its input itself where the size and the width stay.
bool is_identity(const std::string& op);

}  // namespace nas::search_space
