// What a cell computes, without the names and the order of its states: operations on sums of each
// other's results. Where the texts of two cells are equal, one is the other under other names: the
// same networks can be had from both, by copying weights.
//
// Removed is what provably makes no difference: operations that no output depends on, zeros, the
// order of terms, states that only pass on another's value (so that a sum of a sum is one sum), and
// doubled operations without weights. The order of concatenations stays: it is that of channels.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "search_space/architecture.h"

namespace nas::search_space {

// What a network family makes of operations, in each of its cells and at any size.
struct CellRules {
  // The edge's output is its input itself, also under drop-path.
  std::function<bool(const Cell& cell, const Edge& edge)> passes = [](const Cell&, const Edge&) {
    return false;
  };
  // Without weights, and linear: what it makes of a sum is the sum of what it makes of the terms.
  std::function<bool(const Edge& edge)> is_linear = [](const Edge&) { return false; };
};

class CellGraph {
 public:
  // Indices of nodes, ascending; one may stand there twice. Empty: zeros.
  using Sum = std::vector<int>;

  struct Node {
    std::string op;            // "concat" for a combination; empty for an input of the cell
    std::vector<Sum> sources;  // one of an operation, those of a concatenation in order
  };

  CellGraph(const Cell& cell, const CellRules& rules);

  // The cell's inputs, then what the outputs depend on; each reads nodes before it. The order does
  // not depend on that of the cell.
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Sum>& outputs() const { return outputs_; }  // concatenated

  // "conv_3x3(0),identity(1),sep_conv_5x5(2+3)>4,1": the inputs are 0 and 1, the nodes 2, 3, ….
  std::string text() const;

 private:
  Sum apply(const Cell& cell, const Edge& edge, const Sum& input, const CellRules& rules);
  int append(Node node);
  void drop_dead_nodes(size_t inputs);
  void sort_nodes(size_t inputs);
  void renumber(const std::vector<int>& order);  // order[new index] = old index; others go

  std::vector<Node> nodes_;
  std::vector<Sum> outputs_;
};

}  // namespace nas::search_space
