#include "engine/helper_process.h"

#include <unistd.h>

#include <algorithm>

#include "common/file.h"
#include "common/machine.h"
#include "engine/search_options.h"

namespace nas::engine {

namespace {
constexpr double kMemoryShare = 0.85;  // of the machine or the GPU, for all of them
}

std::vector<std::pair<std::string, std::string>> helper_environment(int64_t threads) {
  return {{"OMP_WAIT_POLICY", "passive"},
          {"GOMP_SPINCOUNT", "10000"},  // see cli/main.cpp
          {"OMP_NUM_THREADS", std::to_string(threads)},
          {"MALLOC_ARENA_MAX", "2"},
          {"ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256"},
          {"CUBLAS_WORKSPACE_CONFIG", ":4096:8"}};
}

std::unique_ptr<common::Process> start_helper(const RunFolder& run, const std::string& command,
                                              const std::string& device, int64_t threads) {
  const auto log = run.path() / "workers" / (command + "_" + std::to_string(getpid()) + ".log");
  std::filesystem::create_directories(log.parent_path());
  return std::make_unique<common::Process>(common::ProcessOptions{
      .arguments = {common::self_path().string(), command, "--run", run.path().string(), "--device",
                    device, "--parent", std::to_string(getpid())},
      .environment = helper_environment(threads),
      .pipe_stdin = true,
      .pipe_stdout = true,
      .stderr_file = log});
}

double helper_memory(const common::Options& options) {
  const double given = parse_bytes("child-memory", options.text("child-memory"));
  if (given > 0) return given;
  const int64_t scorers = options.text("prescreen") == "none" ? 0 : 1;
  const int64_t helpers = std::max<int64_t>(1, options.integer("workers")) + scorers;
  return kMemoryShare * common::machine_memory() / static_cast<double>(helpers);
}

double child_gpu_memory(const common::Options& options, double gpu_bytes, int64_t children) {
  const double given = parse_bytes("child-memory", options.text("child-memory"));
  if (given > 0 || children < 2) return given;
  return kMemoryShare * gpu_bytes / static_cast<double>(children);
}

}  // namespace nas::engine
