#include "child_trainer/step_timer.h"

#include <ATen/ATen.h>

#include <limits>

#include "child_trainer/network.h"
#include "child_trainer/optimizer.h"
#include "common/log.h"

namespace nas::child_trainer {

double seconds_a_step(const search_space::NetworkGraph& graph, const TrainSettings& settings,
                      at::Device device) {
  Network network(graph, device, {});
  network.use_kernels(settings.kernels == "auto");
  Optimizer optimizer(network, settings);
  const auto& shape = graph.nodes[0].shape;
  const at::Tensor images =
      at::ones({settings.batch_size, shape.channels, shape.height, shape.width}, device)
          .contiguous(at::MemoryFormat::ChannelsLast);
  double best = std::numeric_limits<double>::infinity();
  for (int step = 0; step < 3; ++step) {
    const double start = common::monotonic_seconds();
    const Scores scores = network.forward(images, {.training = true});
    at::Tensor loss = at::logsumexp(scores.logits, 1).mean();
    if (scores.auxiliary.defined()) loss = loss + at::logsumexp(scores.auxiliary, 1).mean();
    loss.backward();
    optimizer.step(0.0);
    loss.item();  // waits for a GPU
    if (step > 0) best = std::min(best, common::monotonic_seconds() - start);
  }
  return best;
}

}  // namespace nas::child_trainer
