// Which of the ranks of a training this process is, and on which device.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "child_trainer/distributed/socket.h"
#include "common/options.h"

namespace nas::engine {

struct RankPlace {
  int64_t rank = 0;  // [0, ranks)
  int64_t ranks = 1;
  int64_t local_rank = 0;  // among those of this machine
  int64_t local_ranks = 1;
  child_trainer::Address meeting = {};  // where rank 0 listens; port 0: it has not begun to
  std::string token = {};               // what ranks of this training say to each other
};

// From the environment of a Slurm step of several tasks (srun); empty elsewhere. rendezvous:
// "HOST:PORT" in place of the step's first node and a port made of its number; or "".
std::optional<RankPlace> slurm_place(const std::string& rendezvous);

// The first host of a list as Slurm writes it: "gpu03" of "gpu[03-05,9],login1".
std::string first_host(const std::string& nodes);

// Of a training that is continued: the ranks and devices that it had are forgotten where others are
// given now, or Slurm's tasks take their place.
void forget_former_ranks(common::Options& continued, const common::Options& given,
                         const std::optional<RankPlace>& place);

// The device of each rank: those of --devices; or --ranks of them on the CPU, or on one GPU each.
// Under Slurm there are place->ranks, and the GPUs are those of each machine. Throws ConfigError
// when the options do not fit each other or the machine.
std::vector<at::Device> devices_of_ranks(const common::Options& options,
                                         const std::optional<RankPlace>& place);

// Threads of a rank on the CPU: --threads, or what Slurm gives a task, or its share of the cores.
int64_t threads_of_rank(const common::Options& options, int64_t local_ranks);

}  // namespace nas::engine
