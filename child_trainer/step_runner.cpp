#include "child_trainer/step_runner.h"

#include "common/log.h"

namespace nas::child_trainer {

StepRunner::StepRunner(Network& network, const TrainSettings& settings,
                       const ParallelSettings& parallel, Communicator& communicator)
    : network_(network),
      settings_(settings),
      passes_(parallel.accumulate),
      optimizer_(network, settings),
      reducer_(optimizer_.parameters(), communicator),
      sums_(network.device()) {
  const at::Device device = network.device();
  if (records_steps(settings, parallel, device, communicator.ranks())) {
    graph_ =
        std::make_unique<StepGraph>(network, optimizer_, settings, sums_, make_work_graph(device));
  } else if (settings.cuda_graph == "auto" && device.is_cuda()) {
    common::log_info("steps are run kernel by kernel: " +
                     graph_obstacle(parallel, device, communicator.ranks()));
  }
}

void StepRunner::step(EpochBatches& batches, int64_t index, double learning_rate,
                      const Pass& pass) {
  if (graph_) {
    graph_->step(batches.get(index), learning_rate, pass);
    return;
  }
  for (int64_t part = 0; part < passes_; ++part) {
    const Batch batch = batches.get(index, part);
    const StepLoss forward = forward_loss(network_, batch, settings_, pass);
    if (part + 1 == passes_) reducer_.expect();
    forward.loss.backward();
    sums_.add(forward, batch.targets);
  }
  reducer_.finish();
  optimizer_.step(learning_rate);
}

}  // namespace nas::child_trainer
