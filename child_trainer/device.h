// Devices by name.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

namespace nas::child_trainer {

// The numbers of the GPUs that `name` names on a machine with so many: none for "cpu"; all for
// "cuda", and for "auto" where there is one; those of "cuda:1" and "cuda:0,2", in that order.
// Throws ConfigError: no such name, no such GPU, or one named twice.
std::vector<int64_t> gpus_named(const std::string& name, int64_t gpus);

// The device of a process: the first of those, or the CPU. Throws ConfigError when this machine or
// this build has no such device, and for a list.
at::Device find_device(const std::string& name);

// Those of a search, whose children are spread over them.
std::vector<at::Device> find_devices(const std::string& name);

// "cpu", or "cuda:0 NVIDIA H200, 139 GiB" for each.
std::string device_text(const std::vector<at::Device>& devices);

std::string library_version();  // of LibTorch: "2.11.0"

// `host` (on the CPU, or there already) on the device. A GPU's copy is begun, not waited for: what
// the present stream does next has it.
at::Tensor upload(const at::Tensor& host, at::Device device);

// Threads of this process's tensor work; before the first tensor.
void set_threads(int64_t threads);
// Threads that a child should use when `children` run side by side on the CPU.
int64_t threads_a_child(int64_t children);
// Says so when they are more than the CPU has cores: then they wait for each other.
void warn_of_threads(int64_t threads);

// Whether an allocator threw it, of the CPU or a GPU.
bool is_out_of_memory(const std::exception& error);

// GPU parts, in cuda.cpp or no_cuda.cpp.
int64_t cuda_device_count();
std::string cuda_device_text(int64_t index);              // "NVIDIA H200, 139 GiB"
void limit_cuda_memory(at::Device device, double bytes);  // this process; 0: no limit
void release_cuda_memory();                               // gives cached blocks back
double peak_cuda_bytes(at::Device device);
double cuda_bytes(at::Device device);  // of memory that it has; 0 of a CPU
// Equal inputs give equal bits. cudnn_benchmark: convolutions are timed when they are first run,
// and the fastest of the deterministic algorithms is taken; another process may take another.
void make_cuda_deterministic(bool cudnn_benchmark = false);

}  // namespace nas::child_trainer
