// Sums the gradients of all ranks while the backward pass is still making them.
#pragma once

#include <future>
#include <vector>

#include "child_trainer/distributed/communicator.h"
#include "child_trainer/flat_parameters.h"

namespace nas::child_trainer {

// A bucket is a piece of a flat gradient. Its sum starts when the last of its gradients is there;
// buckets start in one order on all ranks, that in which a backward pass fills them.
class GradientReducer {
 public:
  static constexpr int64_t kBucketBytes = int64_t{1} << 20U;

  // Does nothing where there is one rank. A gradient that is larger than a bucket has its own.
  GradientReducer(const FlatParameters& parameters, Communicator& communicator,
                  int64_t bucket_bytes = kBucketBytes);
  ~GradientReducer();
  GradientReducer(const GradientReducer&) = delete;
  GradientReducer& operator=(const GradientReducer&) = delete;

  // Before the last backward pass of a step: what it completes is summed at once. What earlier
  // passes made is in the sums.
  void expect();
  // After it: also sums what the pass did not reach, and waits until all gradients are sums.
  void finish();

  size_t buckets() const { return buckets_.size(); }

 private:
  struct Bucket {
    at::Tensor gradients;
    int64_t parameters = 0;
    int64_t missing = 0;
  };
  class Hook;

  void add_buckets(const FlatGroup& group, int64_t bucket_bytes);
  void complete(size_t bucket);
  void start_next();

  Communicator& communicator_;
  std::vector<Bucket> buckets_;
  std::vector<at::Tensor> hooked_;
  std::vector<std::future<void>> begun_;  // of the first buckets
  bool expecting_ = false;
};

}  // namespace nas::child_trainer
