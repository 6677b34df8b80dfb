// Gradient checkpointing (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): a
// forward pass is cut into segments. What later segments read is kept; all else that a segment
// computes is forgotten, and computed anew when the backward pass comes to it. The last segment's
// is there when it is needed.
#pragma once

#include <cstdint>
#include <vector>

namespace nas::child_trainer {

// Steps in order, each of which reads values and writes one, or a part of one.
struct Computation {
  struct Step {
    int writes = -1;
    std::vector<int> reads;
  };
  std::vector<Step> steps;
  std::vector<int64_t> bytes;  // by value
  std::vector<int> results;    // values that are read when all is done
};

// The numbers of the steps, each after what it reads: in their order, but a step that frees more
// bytes than it writes comes as soon as it does so. The cell after next brings its input to its own
// width before the next cell begins, so that less has to be kept between the two.
std::vector<int> thrifty_order(const Computation& computation);

struct Segments {
  std::vector<int> begins;  // steps, from 0 on
  std::vector<bool> kept;   // by value: all readers need not compute it anew
  int64_t bytes = 0;        // of values and gradients, at most, as far as can be said before
                            // they are placed

  size_t count() const { return begins.size(); }
  int end(size_t segment, const Computation& computation) const;
};

// One segment.
Segments whole(const Computation& computation);
// The segments that need the fewest bytes.
Segments cut(const Computation& computation);

}  // namespace nas::child_trainer
