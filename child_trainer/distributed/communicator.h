// All that a training knows of its other ranks: the processes that train one network together.
#pragma once

#include <ATen/core/Tensor.h>

#include <future>
#include <string>

namespace nas::child_trainer {

// Every rank makes the same calls in the same order. All of them throw SystemError, naming the
// rank, soon after another one died, gave up, or said nothing for too long.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int64_t rank() const = 0;  // [0, ranks())
  virtual int64_t ranks() const = 0;

  // Starts to replace `values` by their sum over all ranks; the same bits on every rank, and again
  // whenever it is repeated. values: float32 or float64, contiguous, left alone until get() of what
  // is returned; get() also throws.
  virtual std::future<void> all_reduce(const at::Tensor& values) = 0;

  // Replaces `values` (of any type, contiguous) by rank 0's.
  virtual void broadcast(const at::Tensor& values) = 0;

  // Whether `here` is true on any rank. Waits for no GPU.
  virtual bool any(bool here) = 0;

  // This rank gives up: the others throw, with this reason. Never throws.
  virtual void abort(const std::string& reason) = 0;

  // Waits for all ranks.
  void barrier() { any(false); }
};

// Rank 0's text on every rank.
std::string broadcast_text(Communicator& communicator, const std::string& text);

}  // namespace nas::child_trainer
