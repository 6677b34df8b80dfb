#include "child_trainer/step_timer.h"

#include <ATen/ATen.h>

#include <limits>

#include "child_trainer/training_step.h"
#include "common/log.h"
#include "data/random_images.h"

namespace nas::child_trainer {

StepTimer::StepTimer(const search_space::NetworkGraph& graph, const TrainSettings& settings,
                     const DeviceSplit& images, at::Device device, uint64_t seed)
    : settings_(settings),
      images_(images),
      seed_(seed),
      network_(graph, device, {.seed = seed}),
      optimizer_(network_, settings),
      sums_(device) {
  network_.use_kernels(settings.kernels == "auto");
  network_.recompute(settings.recompute);
  if (records_steps(settings, {}, device, /*ranks=*/1)) {
    graph_ =
        std::make_unique<StepGraph>(network_, optimizer_, settings, sums_, make_work_graph(device));
  }
}

std::unique_ptr<EpochBatches> StepTimer::epoch(int64_t number) const {
  return std::make_unique<EpochBatches>(
      images_, settings_.batch_size, settings_.augment,
      common::RandomKey{.seed = seed_, .epoch = static_cast<uint64_t>(number)});
}

void StepTimer::wait() const {
  if (!network_.device().is_cpu()) at::zeros({}, network_.device()).item<float>();
}

StepSeconds StepTimer::step(bool parts) {
  StepSeconds seconds;
  double last = common::monotonic_seconds();
  const auto end_of = [&](double& part) {
    if (parts) wait();
    const double now = common::monotonic_seconds();
    part = now - last;
    last = now;
  };
  const int64_t count = EpochBatches::count_for(images_.count(), settings_.batch_size);
  if (steps_ % count == 0) batches_ = epoch(steps_ / count);
  const Batch batch = batches_->get(steps_ % count);
  end_of(seconds.data);
  const Pass pass{.drop_path = settings_.drop_path,
                  .key = {.seed = seed_, .epoch = static_cast<uint64_t>(steps_)}};
  ++steps_;
  if (graph_ && !parts) {
    graph_->step(batch, settings_.learning_rate, pass);
    loss_ = graph_->loss().clone();
    end_of(seconds.forward);
    return seconds;
  }
  const StepLoss forward = forward_loss(network_, batch, settings_, pass);
  loss_ = forward.loss.detach();
  end_of(seconds.forward);
  forward.loss.backward();
  end_of(seconds.backward);
  optimizer_.step(settings_.learning_rate);
  end_of(seconds.optimizer);
  return seconds;
}

double seconds_a_step(const search_space::NetworkGraph& graph, const TrainSettings& settings,
                      at::Device device) {
  const auto dataset = data::random_images(settings.batch_size, graph.nodes[0].shape.height,
                                           graph.classes, /*seed=*/0);
  const DeviceSplit images(dataset, dataset.train, measure_normalisation(dataset, dataset.train),
                           device);
  StepTimer timer(graph, settings, images, device, /*seed=*/0);
  for (int i = 0; i < timer.warm_up_steps(); ++i) timer.step(false);
  timer.wait();
  const auto whole_step = [&] {
    const double start = common::monotonic_seconds();
    timer.step(false);
    timer.wait();
    return common::monotonic_seconds() - start;
  };
  const double first = whole_step();
  return std::min(first, whole_step());
}

}  // namespace nas::child_trainer
