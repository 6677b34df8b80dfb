// The communicator of a training in one process.
#pragma once

#include "child_trainer/distributed/communicator.h"

namespace nas::child_trainer {

class SingleCommunicator : public Communicator {
 public:
  int64_t rank() const override { return 0; }
  int64_t ranks() const override { return 1; }
  std::future<void> all_reduce(const at::Tensor& values) override;
  void broadcast(const at::Tensor& values) override;
  bool any(bool here) override { return here; }
  void abort(const std::string& reason) override;
};

}  // namespace nas::child_trainer
