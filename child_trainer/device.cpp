#include "child_trainer/device.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <algorithm>
#include <new>
#include <numeric>
#include <thread>

#include "common/error.h"
#include "common/log.h"
#include "common/text.h"

namespace nas::child_trainer {

namespace {

// -1: not a number of a GPU.
int64_t gpu_number(const std::string& text) {
  const bool digits =
      !text.empty() && text.size() < 4 && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoll(text) : -1;
}

std::vector<int64_t> first_numbers(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace

std::vector<int64_t> gpus_named(const std::string& name, int64_t gpus) {
  const auto refuse = [&](const std::string& what, const std::string& expected) {
    throw common::ConfigError(
        {.where = "--device", .what = what, .got = "'" + name + "'", .expected = expected});
  };
  const std::string there =
      gpus == 0 ? "cpu: this machine or this build has no GPU (`nas doctor`)"
                : "cuda:0" + (gpus == 1 ? "" : " .. cuda:" + std::to_string(gpus - 1));
  if (name == "cpu") return {};
  if (name == "auto") return first_numbers(gpus);
  if (name == "cuda") {
    if (gpus == 0) refuse("no such GPU", there);
    return first_numbers(gpus);
  }
  const std::string prefix = "cuda:";
  if (!common::starts_with(name, prefix))
    refuse("unknown device", "auto | cpu | cuda | cuda:N | cuda:N,M,…");
  std::vector<int64_t> numbers;
  for (const auto& text : common::split(name.substr(prefix.size()), ',')) {
    const int64_t number = gpu_number(text);
    if (number < 0 || number >= gpus) refuse("no such GPU", there);
    if (std::find(numbers.begin(), numbers.end(), number) != numbers.end())
      refuse("a GPU is named twice", "each once; --workers says how many children share them");
    numbers.push_back(number);
  }
  return numbers;
}

at::Device find_device(const std::string& name) {
  if (const auto comma = name.find(','); comma != std::string::npos) {
    throw common::ConfigError(
        {.where = "--device",
         .what = "only a search takes a list; a transfer trains on several with --devices",
         .got = "'" + name + "'",
         .expected = "one device",
         .hint = name.substr(0, comma)});
  }
  return find_devices(name).front();
}

std::vector<at::Device> find_devices(const std::string& name) {
  std::vector<at::Device> devices;
  for (const int64_t gpu : gpus_named(name, cuda_device_count()))
    devices.emplace_back(at::kCUDA, static_cast<at::DeviceIndex>(gpu));
  if (devices.empty()) devices.emplace_back(at::kCPU);
  return devices;
}

std::string device_text(const std::vector<at::Device>& devices) {
  std::vector<std::string> texts;
  for (const auto device : devices) {
    texts.push_back(device.is_cpu() ? "cpu"
                                    : device.str() + " " + cuda_device_text(device.index()));
  }
  return common::join(texts, ", ");
}

at::Tensor upload(const at::Tensor& host, at::Device device) {
  if (!device.is_cuda() || host.is_cuda()) return host.to(device);
  // Pinned memory, since a copy of any other waits for all that the stream has to do.
  return host.contiguous().pin_memory().to(device, /*non_blocking=*/true);
}

std::string library_version() { return TORCH_VERSION; }

void set_threads(int64_t threads) { at::set_num_threads(static_cast<int>(threads)); }

int64_t threads_a_child(int64_t children) {
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  return std::max<int64_t>(1, cores / std::max<int64_t>(1, children));
}

void warn_of_threads(int64_t threads) {
  const int64_t cores = threads_a_child(1);
  if (threads <= cores) return;
  common::log_warning(std::to_string(threads) + " threads on " + common::counted(cores, "core") +
                      " wait for each other: fewer may be faster");
}

bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const common::Error*>(&error) != nullptr) return false;
  const std::string text = error.what();
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         text.find("can't allocate memory") != std::string::npos ||
         text.find("not enough memory") != std::string::npos;
}

}  // namespace nas::child_trainer
