// This build has no NCCL (preset `cuda` has it).
#include "child_trainer/distributed/nccl_communicator.h"
#include "common/error.h"

namespace nas::child_trainer {

std::shared_ptr<Communicator> make_nccl_communicator(at::Device device,
                                                     std::unique_ptr<TcpCommunicator>) {
  throw common::ConfigError({.where = "nccl",
                             .what = "this build cannot train on several GPUs",
                             .got = device.str(),
                             .hint = "a build with -DNAS_CUDA=ON (cmake --preset cuda)"});
}

}  // namespace nas::child_trainer
