// The supernet of a differentiable search (Liu et al. 2019): every edge that a cell of a space may
// have, each with all candidate operations, weighted.
#pragma once

#include <string>
#include <vector>

#include "search_space/architecture.h"
#include "search_space/graph_builder.h"
#include "search_space/network_options.h"
#include "search_space/op.h"

namespace nas::search_space {

// An edge of a cell: node `node`, from 0, reads state `state`.
struct MixtureEdge {
  std::string cell;
  int node = 0;
  int state = 0;
  bool operator==(const MixtureEdge&) const = default;
};

struct Mixture {
  std::vector<std::string> operations;  // candidates of every edge
  // All edges of the cells; each one's operation is candidates_text(operations), of which
  // build_network() makes a weighted sum where NetworkOptions::mixture is set.
  Architecture dense;
  int edges_a_node = 0;  // that a derived cell keeps; 0: all

  // Cell by cell, node by node, in rising order of their states.
  std::vector<MixtureEdge> edges() const;

  // The architecture that the weights [edges][operations] stand for: of each edge the operation
  // with the largest weight, `none` left out; of each node the edges where that is largest. Of
  // equals the first.
  Architecture derive(const std::vector<double>& weights) const;

  // What an architecture weighs there: the logarithms of its operations' weights, summed; an edge
  // that it does not have counts as its `none`, or where there is no such operation not at all.
  double log_weight(const Architecture& architecture, const std::vector<double>& weights) const;
};

// Cells of so many nodes, each of which reads all states before it; their nodes are concatenated
// or, with `last` alone, the last one is the output.
struct MixtureCells {
  std::string family;
  std::vector<std::string> names;
  int inputs = 2;
  int nodes = 4;
  bool last = false;
};
Mixture make_mixture(const MixtureCells& cells, std::vector<std::string> operations,
                     int edges_a_node);

// "none|skip_connect|sep_conv_3x3": an edge's operation that is several.
std::string candidates_text(const std::vector<std::string>& operations);
bool is_mixed(const std::string& op);
// The operation `none`: the edge adds nothing to its node. A mixture of it and others is not.
bool is_nothing(const std::string& op);

// For families, in the place of append_op() where options.mixture is set. `op`: one operation or
// several, of which a weighted sum `mixture` is made. Pools are followed by a batch norm where
// `normalise_pools` says so, as in DARTS. Throws ConfigError where partial channels do not divide
// the filters.
int append_candidates(GraphBuilder& graph, const std::string& op, int input, const OpSite& site,
                      const MixtureOptions& options, bool normalise_pools);

// The sum of a node's edges: with partial channels and mixed operations weighted (`edges`), which
// is the edge normalisation of PC-DARTS (Xu et al. 2020).
int append_edge_sum(GraphBuilder& graph, const std::vector<int>& inputs, const CellNode& node,
                    const NetworkOptions& options);

// Of a weighted sum "cell3.node1.from0.mixture" or "reduction0.node1.edges" of a built network: the
// edge or the node, without the cell's number: "normal.node1.from0", "reduction.node1".
std::string mixture_place(const std::string& node_name);
std::string place_of(const MixtureEdge& edge);       // "normal.node1.from0"
std::string node_place_of(const MixtureEdge& edge);  // "normal.node1"

}  // namespace nas::search_space
