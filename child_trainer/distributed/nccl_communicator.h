// Ranks with a GPU each, whose tensors NCCL sums. Texts, votes, CPU tensors and news of who died go
// over TCP, as without GPUs. In nccl.cpp or no_nccl.cpp.
#pragma once

#include <memory>

#include "child_trainer/distributed/communicator.h"
#include "child_trainer/distributed/tcp_communicator.h"

namespace nas::child_trainer {

// device: this rank's GPU. tcp: null with one rank. Throws ConfigError when this build has no NCCL,
// SystemError when NCCL fails.
std::shared_ptr<Communicator> make_nccl_communicator(at::Device device,
                                                     std::unique_ptr<TcpCommunicator> tcp);

}  // namespace nas::child_trainer
