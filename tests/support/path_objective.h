// A reward over the whole NASNet space whose maximum is known, for tests of strategies: no claim
// about accuracy.
//
// A path runs from an input of a cell to its output, through operations o1 … oL:
//
//   path = mean of worth(oi) + mean of synergy(oi, oi+1) + depth(L);  0 without operations
//   cell = mean over its paths - kConcatCost * its concatenations
//
// where the seed draws the three parts from [0, 1], for each cell and each operation, pair and
// length. A reward is the sum of both cells over its maximum. So it matters on how many paths an
// operation lies, how long they are, and what comes next; no sum over decisions has that, and no
// linear function of the space's features.
//
// No path is worth more than the best sequence of operations, which dynamic programming finds, and
// there is a cell that has no other path: best(). Hence the maximum is known, among 10^36 networks.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "common/random.h"
#include "search_space/space.h"

namespace nas::controller {

class PathObjective {
 public:
  explicit PathObjective(uint64_t seed) {
    common::RandomStream random({.seed = seed, .purpose = "path objective"});
    for (Cell& cell : cells_) {
      for (double& value : cell.worth) value = random.uniform();
      for (auto& row : cell.synergy) {
        for (double& value : row) value = random.uniform();
      }
      for (double& value : cell.depth) value = random.uniform();
      cell.best = best_path(cell);
      most_ += worth_of(cell, cell.best);
    }
  }

  // At most 1, which best() has. `choices`: of the space `nasnet`, valid.
  double reward(const search_space::Choices& choices) const {
    double total = 0.0;
    for (size_t c = 0; c < cells_.size(); ++c) {
      total += worth_of(cells_[c], choices.data() + c * kBlocks * kPerBlock);
    }
    return total / most_;
  }

  // The blocks stand in layers, one for each operation of the best path, the last as wide as is
  // left; each reads the one before through the same operation on both sides.
  search_space::Choices best() const {
    search_space::Choices choices;
    for (const Cell& cell : cells_) {
      for (size_t b = 0; b < kBlocks; ++b) {
        const size_t layer = std::min(b, cell.best.size() - 1);
        const int state = static_cast<int>(layer) + 1;  // of the layer before
        const auto op = static_cast<int>(cell.best[layer]);
        choices.insert(choices.end(), {layer == 0 ? 0 : state, state, op, op, 0});
      }
    }
    return choices;
  }

 private:
  static constexpr size_t kOperations = 13;
  static constexpr size_t kBlocks = 5;
  static constexpr size_t kPerBlock = 5;  // left and right state, left and right operation, combine
  static constexpr double kConcatCost = 0.02;

  using Path = std::vector<size_t>;  // operations
  using Row = std::array<double, kOperations>;
  struct Cell {
    Row worth = {};
    std::array<Row, kOperations> synergy = {};
    std::array<double, kBlocks> depth = {};  // of length L at [L - 1]
    Path best;
  };
  struct Walk {
    const int* choices;
    double total = 0.0;  // of the paths so far
    int paths = 0;
    Path path = {};  // the operations from here to the output, last first
  };

  static double worth_of(const Cell& cell, const Path& path) {
    if (path.empty()) return 0.0;
    const auto length = static_cast<double>(path.size());
    double worth = cell.depth[path.size() - 1];
    for (size_t i = 0; i < path.size(); ++i) {
      worth += cell.worth[path[i]] / length;
      if (i > 0) worth += cell.synergy[path[i - 1]][path[i]] / (length - 1.0);
    }
    return worth;
  }

  static double worth_of(const Cell& cell, const int* choices) {
    std::array<bool, kBlocks + 2> used = {};
    int concats = 0;
    for (size_t b = 0; b < kBlocks; ++b) {
      const int* block = choices + b * kPerBlock;
      used[static_cast<size_t>(block[0])] = used[static_cast<size_t>(block[1])] = true;
      concats += block[4];
    }
    Walk walk{.choices = choices};
    for (size_t state = 0; state < used.size(); ++state) {
      if (!used[state]) follow(cell, state, walk);
    }
    return walk.total / walk.paths - kConcatCost * concats;
  }

  // All paths from the inputs to a state.
  static void follow(const Cell& cell, size_t state, Walk& walk) {
    if (state < 2) {
      walk.total += worth_of(cell, Path(walk.path.rbegin(), walk.path.rend()));
      ++walk.paths;
      return;
    }
    const int* block = walk.choices + (state - 2) * kPerBlock;
    for (size_t side = 0; side < 2; ++side) {
      walk.path.push_back(static_cast<size_t>(block[side + 2]));
      follow(cell, static_cast<size_t>(block[side]), walk);
      walk.path.pop_back();
    }
  }

  static Path best_path(const Cell& cell) {
    Path best;
    for (size_t length = 1; length <= kBlocks; ++length) {
      // The best path of each number of operations, for each last operation.
      std::vector<Path> ending;
      for (size_t op = 0; op < kOperations; ++op) ending.push_back({op});
      for (size_t i = 1; i < length; ++i) ending = longer(cell, ending, length);
      for (const Path& path : ending) {
        if (worth_of(cell, path) > worth_of(cell, best)) best = path;
      }
    }
    return best;
  }

  // The best of `ending` with one more operation, for each; as parts of paths of this length.
  static std::vector<Path> longer(const Cell& cell, const std::vector<Path>& ending,
                                  size_t length) {
    const auto part = [&](const Path& path) {
      double worth = 0.0;
      for (size_t i = 0; i < path.size(); ++i) {
        worth += cell.worth[path[i]] / static_cast<double>(length);
        if (i > 0) worth += cell.synergy[path[i - 1]][path[i]] / static_cast<double>(length - 1);
      }
      return worth;
    };
    std::vector<Path> list;
    for (size_t op = 0; op < kOperations; ++op) {
      Path best;
      for (Path path : ending) {
        path.push_back(op);
        if (best.empty() || part(path) > part(best)) best = std::move(path);
      }
      list.push_back(std::move(best));
    }
    return list;
  }

  std::array<Cell, 2> cells_;  // normal, reduction
  double most_ = 0.0;
};

}  // namespace nas::controller
