// Where the buffers of a plan lie in one block of memory: those that are needed at different times
// share their place.
#pragma once

#include <cstdint>
#include <vector>

#include "child_trainer/plan.h"

namespace nas::child_trainer {

// Offsets in bytes, multiples of 64; -1: not in the block.
struct PlanPlaces {
  std::vector<int64_t> values;               // by buffer
  std::vector<std::vector<int64_t>> chosen;  // by step and input: the maxima of max pools
};

struct PlanMemory {
  PlanPlaces forward;
  PlanPlaces backward;             // the same, but for what is computed anew
  std::vector<int64_t> gradients;  // by buffer
  int64_t bytes = 0;               // of the block
};

PlanMemory place_buffers(const search_space::NetworkGraph& graph, const Plan& plan, int64_t images,
                         bool training);

// Bytes of the block of a training with batches of so many images, which also evaluates; recompute:
// see fuse().
int64_t plan_bytes(const search_space::NetworkGraph& graph, int64_t batch_size, bool recompute);

// Memory that grows and is given back when it is destroyed; in large pages where the system has
// them.
class Block {
 public:
  Block() = default;
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  // At least so many bytes, 64-byte aligned; what was in it is lost when it grows. Throws
  // std::bad_alloc.
  char* reserve(int64_t bytes);
  char* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  void release();

  char* data_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace nas::child_trainer
