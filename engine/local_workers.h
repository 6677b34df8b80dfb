// The worker processes of this host, kept alive.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/process.h"
#include "engine/run_folder.h"
#include "engine/store.h"

namespace nas::engine {

// What CUDA_VISIBLE_DEVICES is for worker `index`, which gets one of `gpus` in turn; `visible`:
// what it is for this process, as the user or a batch system gave it ("": not set).
std::string visible_gpu(int64_t index, const std::vector<int64_t>& gpus,
                        const std::string& visible);

// Of `workers`, those that share the GPU of worker `index`, itself among them.
int64_t workers_on_gpu(int64_t index, int64_t workers, int64_t gpus);

class LocalWorkers {
 public:
  // On the devices that `device` names (--device), in turn.
  LocalWorkers(const RunFolder& run, int64_t count, const std::string& device);
  ~LocalWorkers();  // stop()

  // To be called often: gives back the trials of workers that died by a signal and replaces them,
  // and gives back those whose lease ran out. Throws SystemError when a worker ended by itself (its
  // message is in the log) or they die again and again.
  void look_after(Store& store);

  // Until one of them has finished a trial, at most so long.
  void wait(int milliseconds);

  // There are trials to claim.
  void tell_of_trials();

  // Asks all to stop, waits for their children's checkpoints, then kills.
  void stop();

 private:
  struct Worker {
    int64_t index = 0;
    std::string name;
    std::unique_ptr<common::Process> process;
  };
  void start(Worker& worker) const;

  RunFolder run_;
  int64_t count_;
  std::vector<int64_t> gpus_;  // empty: on the CPU
  std::vector<Worker> workers_;
  int64_t deaths_ = 0;
  double expired_at_ = 0.0;  // the last look for leases that ran out
};

}  // namespace nas::engine
