#include "child_trainer/device.h"

#include <ATen/Parallel.h>
#include <torch/version.h>

#include <thread>

#include "common/error.h"
#include "common/text.h"

namespace nas::child_trainer {

at::Device find_device(const std::string& name) {
  const int64_t gpus = cuda_device_count();
  if (name == "auto") return gpus > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  if (name == "cpu") return at::Device(at::kCPU);
  if (name == "cuda" || common::starts_with(name, "cuda:")) {
    const std::string number = name == "cuda" ? "0" : name.substr(5);
    const bool digits = !number.empty() && number.size() < 4 &&
                        number.find_first_not_of("0123456789") == std::string::npos;
    if (digits && std::stoll(number) < gpus)
      return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(std::stoi(number)));
    throw common::ConfigError(
        {.where = "--device",
         .what = "no such GPU",
         .got = "'" + name + "'",
         .expected = gpus == 0 ? "cpu: this machine or this build has no GPU (`nas doctor`)"
                               : "cuda:0 .. cuda:" + std::to_string(gpus - 1)});
  }
  throw common::ConfigError({.where = "--device",
                             .what = "unknown device",
                             .got = "'" + name + "'",
                             .expected = "auto | cpu | cuda | cuda:N"});
}

std::string library_version() { return TORCH_VERSION; }

void set_threads(int64_t threads) { at::set_num_threads(static_cast<int>(threads)); }

int64_t threads_a_child(int64_t children) {
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  return std::max<int64_t>(1, cores / std::max<int64_t>(1, children));
}

}  // namespace nas::child_trainer
