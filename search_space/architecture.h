// An architecture (genotype): plain data, with operation names and explicit concat lists.
//
// States of a cell are numbered: 0 and 1 are its inputs (0 alone in family `nasbench201`), then one
// for each node. Which input is which follows the family's publication:
//   nasnet       0 = the previous cell's output ("current"), 1 = the one before
//   darts        0 = the output two cells before, 1 = the previous cell's
//   nasbench201  0 = the previous cell's output
//
// A network of family nasrl is not made of cells but of layers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/json.h"

namespace nas::search_space {

inline constexpr int kArchitectureVersion = 1;

struct Edge {
  int state = 0;   // [0, inputs + index of the node)
  std::string op;  // a registered operation
  bool operator==(const Edge&) const = default;
};

struct CellNode {
  std::vector<Edge> edges;      // 1 or more; exactly 2 in families nasnet and darts
  std::string combine = "add";  // "add" | "concat"
  bool operator==(const CellNode&) const = default;
};

struct Cell {
  int inputs = 2;
  std::vector<CellNode> nodes;
  std::vector<int> concat;  // states whose concatenation is the output
  bool operator==(const Cell&) const = default;
};

// A convolution of the concatenation of earlier layers.
struct Layer {
  int64_t kernel_h = 3, kernel_w = 3;  // odd
  int64_t filters = 36;                // in the network as published
  int64_t stride = 1;
  std::vector<int> inputs = {};  // earlier layers, ascending; none: the image
  bool operator==(const Layer&) const = default;
};

struct Architecture {
  std::string family;                 // a registered network family
  std::map<std::string, Cell> cells;  // "normal" and "reduction", or "normal" alone, or none
  std::string name = {};              // of a published one; not part of its identity
  std::vector<Layer> layers = {};     // where there are no cells
  bool operator==(const Architecture& other) const {
    return family == other.family && cells == other.cells && layers == other.layers;
  }
};

common::Json to_json(const Architecture& architecture);
// Throws DataError that names what is wrong: version, unknown operation, state out of range.
Architecture architecture_from_json(const common::Json& json, const std::string& where);

// `text` is the name of a published architecture, a JSON file, or a NAS-Bench-201 string
// "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|". Throws UsageError or DataError.
Architecture find_architecture(const std::string& text);

// The NAS-Bench-201 string of an architecture of that family (throws DataError), and back (throws
// UsageError: somebody typed it; who reads it from a file names its place instead).
std::string to_nasbench201_text(const Architecture& architecture);
Architecture from_nasbench201_text(const std::string& text);

// A published architecture; one file a family in search_space/architectures/.
struct NamedArchitecture {
  static constexpr const char* kKind = "architecture";
  std::string name;
  std::string summary;
  Architecture (*make)() = nullptr;
};

}  // namespace nas::search_space
