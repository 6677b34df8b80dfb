// This build has no CUDA parts (preset `cuda` has them).
#include "child_trainer/device.h"

namespace nas::child_trainer {

int64_t cuda_device_count() { return 0; }
std::string cuda_device_text(int64_t) { return "none: built without CUDA (cmake --preset cuda)"; }
void limit_cuda_memory(at::Device, double) {}
void release_cuda_memory() {}
double peak_cuda_bytes(at::Device) { return 0; }
double cuda_bytes(at::Device) { return 0; }
void make_cuda_deterministic(bool) {}

}  // namespace nas::child_trainer
