#include "child_trainer/latency.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "common/log.h"

namespace nas::child_trainer {

namespace {

// The first passes choose algorithms and fill caches.
constexpr int kWarmUpPasses = 5;
constexpr size_t kFewestPasses = 11;
constexpr size_t kMostPasses = 101;
constexpr double kEnoughSeconds = 0.5;

}  // namespace

double median_latency_ms(Network& network, int64_t batch) {
  const at::NoGradGuard no_grad;
  const auto& shape = network.graph().nodes[0].shape;
  const at::Tensor images =
      at::ones({batch, shape.channels, shape.height, shape.width}, network.device())
          .contiguous(at::MemoryFormat::ChannelsLast);
  const auto seconds_of_a_pass = [&] {
    const double start = common::monotonic_seconds();
    network.forward(images, {.training = false}).logits.cpu();  // waits for a GPU
    return common::monotonic_seconds() - start;
  };
  for (int i = 0; i < kWarmUpPasses; ++i) seconds_of_a_pass();
  std::vector<double> passes;
  double sum = 0;
  while (passes.size() < kFewestPasses || (passes.size() < kMostPasses && sum < kEnoughSeconds)) {
    passes.push_back(seconds_of_a_pass());
    sum += passes.back();
  }
  const auto middle = passes.begin() + static_cast<std::ptrdiff_t>(passes.size() / 2);
  std::nth_element(passes.begin(), middle, passes.end());
  return 1000.0 * *middle;
}

}  // namespace nas::child_trainer
