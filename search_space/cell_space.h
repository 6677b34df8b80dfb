// A space of cells: each node picks inputs among the earlier states, an operation for each of them,
// and, where there is a choice, how they are combined. The spaces nasnet and darts are two of
// these, and so is one that a file describes (search_space/space_file.h).
//
// There is no decision where there is nothing to decide.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "search_space/cell_graph.h"
#include "search_space/network_family.h"
#include "search_space/space.h"

namespace nas::search_space {

// What a cell puts out, concatenated.
enum class CellOutput {
  kNodes,      // all nodes
  kLooseEnds,  // the states that no node reads, the cell's inputs included where the family can
  kLastNode,
};

inline constexpr int kEveryState = 1000;        // inputs of a node: all states before it
inline constexpr size_t kMostInputSets = 1000;  // that a node chooses from

struct CellSpaceSpec {
  std::string name;    // in messages
  std::string family;  // a registered network family that is made of cells
  // False: the normal cell serves as reduction cell too, where the family has one.
  bool reduction = true;
  int nodes = 4;                        // 1 or more
  int inputs = 2;                       // of a node, 1 or more; fewer where there are not so many
  bool distinct = true;                 // no two inputs of a node are the same state
  std::vector<std::string> operations;  // 1 or more; registered
  std::vector<std::string> combinations = {"add"};  // of "add" and "concat"
  CellOutput output = CellOutput::kNodes;
};

// What is wrong with a spec: what its family cannot build. `key` is the name of the field in a file
// (search_space/space_file.h).
struct CellSpaceProblem {
  std::string key;
  std::string what;
  std::string expected;
};
std::optional<CellSpaceProblem> problem_of(const CellSpaceSpec& spec);

class CellSpace : public Space {
 public:
  // Throws ConfigError where the spec has a problem.
  explicit CellSpace(CellSpaceSpec spec);

  Architecture architecture(const Choices& choices) const override;
  Choices choices(const Architecture& architecture) const override;

  // Operations without weights stay for themselves, as drop-path drops one and not the other.
  std::string key(const Choices& choices) const override;

  // cell_features() of each cell.
  std::vector<double> features(const Choices& choices) const override;

 private:
  void add_decision(const std::string& name, std::vector<std::string> values,
                    const std::string& kind);
  void add_node_decisions(const std::string& cell, int node);
  int states_before(int node) const { return form().inputs + node; }
  size_t inputs_of(int node) const { return input_sets_[static_cast<size_t>(node)][0].size(); }
  std::vector<int> outputs(const Cell& cell) const;
  void append_choices(CellNode node, int index, Choices& choices) const;
  std::vector<CellGraph> graphs(const Choices& choices) const;
  const CellForm& form() const { return family_->cells; }

  CellSpaceSpec spec_;
  const NetworkFamily* family_;
  std::vector<std::string> cell_names_;  // of the cells that are decided
  // By node: the sets of states that may be its inputs; not distinct: one, as long as they are
  // many.
  std::vector<std::vector<std::vector<int>>> input_sets_;
};

}  // namespace nas::search_space
