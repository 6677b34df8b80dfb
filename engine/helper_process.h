// The processes of a run that use torch in place of their starters: `nas child`, `nas scorer`.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/process.h"
#include "engine/run_folder.h"

namespace nas::engine {

// What the environment of a process has that runs networks on so many threads.
std::vector<std::pair<std::string, std::string>> helper_environment(int64_t threads);

// `nas COMMAND --run RUN --device DEVICE`, with pipes to and from it. It ends with this process;
// until it says otherwise, what it prints to stderr is in workers/COMMAND_PID.log of the run.
std::unique_ptr<common::Process> start_helper(const RunFolder& run, const std::string& command,
                                              const std::string& device, int64_t threads);

// Bytes that one of them may take: --child-memory, or its share of the machine.
double helper_memory(const common::Options& options);

// Environment variable of a worker, and of its child: how many children share their GPU.
constexpr const char* kChildrenOnGpu = "NAS_CHILDREN_ON_GPU";
// Bytes that a child may take of a GPU that has `gpu_bytes`: --child-memory, or its share where
// `children` have one GPU; 0: any.
double child_gpu_memory(const common::Options& options, double gpu_bytes, int64_t children);

}  // namespace nas::engine
