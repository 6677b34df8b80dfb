// The other ranks of a transfer: processes that train along, and leave all files and all output to
// rank 0.
#pragma once

#include <memory>

#include "child_trainer/distributed/communicator.h"
#include "child_trainer/distributed/rendezvous.h"
#include "common/process.h"
#include "engine/rank_place.h"
#include "search_space/architecture.h"

namespace nas::engine {

// Rank 0's side.
class TransferRanks {
 public:
  // Under Slurm, which has started the others: they are let in from now on. Else nothing happens
  // before gather().
  TransferRanks(const std::optional<RankPlace>& place, std::vector<at::Device> devices);
  // Waits for the processes that it started, if all went well; else kills them.
  ~TransferRanks();

  int64_t ranks() const { return static_cast<int64_t>(devices_.size()); }
  at::Device device() const { return devices_[0]; }
  int64_t local_ranks() const { return place_.local_ranks; }

  // Starts the others (with `threads` each, and a log beside the model in `folder`) or waits for
  // Slurm's, and tells them what to train. Null when there are none. Throws SystemError.
  std::shared_ptr<child_trainer::Communicator> gather(const std::filesystem::path& folder,
                                                      int64_t threads, const common::Json& plan);

 private:
  struct Helper {
    int64_t rank = 0;
    std::filesystem::path log;
    std::unique_ptr<common::Process> process;
  };
  void start(const std::filesystem::path& folder, int64_t threads);
  void look() const;  // throws when one of them has ended

  RankPlace place_;
  std::vector<at::Device> devices_;
  bool by_slurm_;
  int exceptions_;
  std::unique_ptr<child_trainer::Rendezvous> rendezvous_;
  std::vector<Helper> helpers_;
};

// What rank 0 tells the others. dataset_sha256: of its images.
common::Json transfer_plan(const common::Options& options,
                           const search_space::Architecture& architecture,
                           const std::string& dataset_sha256);

// What another rank uses; without a device as rank 0's options say.
struct RankResources {
  std::optional<at::Device> device = {};
  int64_t threads = 0;
};

// Another rank, from its start to its end: goes to rank 0, and trains what that says. True unless
// the training was stopped. Throws SystemError when a rank is lost.
bool run_transfer_rank(const RankPlace& place, const RankResources& given);

}  // namespace nas::engine
