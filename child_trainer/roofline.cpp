#include "child_trainer/roofline.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "common/log.h"

namespace nas::child_trainer {

namespace {

constexpr int64_t kSide = 2048;                 // of the matrices
constexpr int64_t kFloats = int64_t{32} << 20;  // of an array: 128 MiB
constexpr int kFewestRuns = 3;
constexpr double kLongEnough = 0.5;

// Seconds of the fastest run, after one that maps memory and chooses algorithms.
double best_seconds(at::Device device, const std::function<void()>& run) {
  const auto timed = [&] {
    const double start = common::monotonic_seconds();
    run();
    if (!device.is_cpu()) at::zeros({}, device).item<float>();  // waits for the device
    return common::monotonic_seconds() - start;
  };
  timed();
  double best = std::numeric_limits<double>::infinity();
  double sum = 0;
  for (int i = 0; i < kFewestRuns || sum < kLongEnough; ++i) {
    const double seconds = timed();
    best = std::min(best, seconds);
    sum += seconds;
  }
  return best;
}

}  // namespace

Roofline measure_roofline(at::Device device, bool bf16) {
  const at::NoGradGuard no_grad;
  Roofline roofline;
  {
    const auto options = at::device(device).dtype(bf16 ? at::kBFloat16 : at::kFloat);
    const at::Tensor a = at::ones({kSide, kSide}, options);
    const at::Tensor b = at::ones({kSide, kSide}, options);
    at::Tensor product = at::empty({kSide, kSide}, options);
    const double seconds = best_seconds(device, [&] { at::mm_out(product, a, b); });
    roofline.flops = 2.0 * static_cast<double>(kSide * kSide * kSide) / seconds;
  }
  const at::Tensor b = at::ones({kFloats}, device);
  const at::Tensor c = at::ones({kFloats}, device);
  at::Tensor a = at::empty({kFloats}, device);
  const double seconds = best_seconds(device, [&] { at::add_out(a, b, c, 3.0); });
  roofline.bytes_per_second = 3.0 * static_cast<double>(a.nbytes()) / seconds;
  return roofline;
}

}  // namespace nas::child_trainer
