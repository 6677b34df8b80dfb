// GPU parts of device.h.
#include <ATen/Context.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>

#include <algorithm>

#include "child_trainer/device.h"
#include "common/text.h"

namespace nas::child_trainer {

int64_t cuda_device_count() { return c10::cuda::device_count(); }

std::string cuda_device_text(int64_t index) {
  if (index >= cuda_device_count()) return "none found";
  const cudaDeviceProp* properties =
      at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(index));
  return std::string(properties->name) + ", " +
         common::bytes_text(static_cast<double>(properties->totalGlobalMem));
}

void limit_cuda_memory(at::Device device, double bytes) {
  if (!device.is_cuda() || bytes <= 0) return;
  at::globalContext().lazyInitDevice(device.type());  // the allocator knows no devices before
  const double fraction = std::min(1.0, bytes / cuda_bytes(device));
  c10::cuda::CUDACachingAllocator::setMemoryFraction(fraction, device.index());
}

void release_cuda_memory() {
  if (cuda_device_count() > 0) c10::cuda::CUDACachingAllocator::emptyCache();
}

double peak_cuda_bytes(at::Device device) {
  if (!device.is_cuda()) return 0;
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(device.index());
  return static_cast<double>(stats.allocated_bytes[0].peak);
}

double cuda_bytes(at::Device device) {
  if (!device.is_cuda()) return 0;
  return static_cast<double>(at::cuda::getDeviceProperties(device.index())->totalGlobalMem);
}

void make_cuda_deterministic(bool cudnn_benchmark) {
  at::globalContext().setDeterministicAlgorithms(true, true);
  // Else it writes to every tensor that it makes, so that a read of what nobody wrote shows.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(cudnn_benchmark);
}

}  // namespace nas::child_trainer
