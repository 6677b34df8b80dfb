#include "child_trainer/step_graph.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/error.h"
#include "common/log.h"

namespace nas::child_trainer {

std::string graph_obstacle(const ParallelSettings& parallel, at::Device device, int64_t ranks) {
  if (!device.is_cuda()) return "there is no GPU: the device is " + device.str();
  if (ranks > 1) return "the ranks' sums are in the step (" + std::to_string(ranks) + " ranks)";
  if (parallel.accumulate > 1)
    return "a step has several passes (--accumulate " + std::to_string(parallel.accumulate) + ")";
  if (parallel.synchronise_batch_norm) return "batch norms sum over ranks (--sync-batch-norm)";
  return "";
}

void check_cuda_graph(const TrainSettings& settings, const ParallelSettings& parallel,
                      at::Device device, int64_t ranks) {
  const std::string obstacle = graph_obstacle(parallel, device, ranks);
  if (settings.cuda_graph != "on" || obstacle.empty()) return;
  throw common::ConfigError({.where = "--cuda-graph",
                             .what = "a step cannot be one CUDA graph",
                             .got = obstacle,
                             .hint = "auto, which then runs it kernel by kernel"});
}

bool records_steps(const TrainSettings& settings, const ParallelSettings& parallel,
                   at::Device device, int64_t ranks) {
  check_cuda_graph(settings, parallel, device, ranks);
  return settings.cuda_graph != "off" && graph_obstacle(parallel, device, ranks).empty();
}

StepGraph::StepGraph(Network& network, Optimizer& optimizer, const TrainSettings& settings,
                     StepSums& sums, std::unique_ptr<WorkGraph> work)
    : network_(network),
      optimizer_(optimizer),
      settings_(settings),
      sums_(sums),
      loss_(at::zeros({}, network.device())),
      work_(std::move(work)) {}

void StepGraph::step(const Batch& batch, double learning_rate, const Pass& pass) {
  load(batch, learning_rate, pass);
  if (steps_ == kFirstSteps && !recorded_ && !gave_up_) record();
  if (recorded_) {
    work_->replay();
  } else {
    work_->run([this] { compute(); });
  }
  if (steps_ < kFirstSteps) ++steps_;
}

void StepGraph::load(const Batch& batch, double learning_rate, const Pass& pass) {
  const at::NoGradGuard no_grad;
  if (!masks_) {
    batch_.images = at::empty_like(batch.images);
    batch_.targets = at::empty_like(batch.targets);
    masks_ = std::make_unique<StepMasks>(network_.graph(), batch.images.size(0), network_.device());
  }
  if (batch.images.sizes() != batch_.images.sizes() || batch.first != 0 || batch.share != 1.0)
    throw common::InternalError({.where = "step graph", .what = "a batch of another size"});
  batch_.images.copy_(batch.images);
  batch_.targets.copy_(batch.targets);
  if (!masks_->draw(pass) && recorded_)
    throw common::InternalError({.where = "step graph", .what = "other masks than were recorded"});
  optimizer_.set_learning_rate(learning_rate);
}

// Autocast's copies of the weights are made and forgotten in it, so the recorded step makes its
// own.
void StepGraph::compute() {
  const StepLoss forward = forward_loss(network_, batch_, settings_, {.masks = &masks_->by_node()});
  forward.loss.backward();
  loss_.copy_(forward.loss.detach());
  sums_.add(forward, batch_.targets);
  optimizer_.step();
}

void StepGraph::record() {
  try {
    work_->capture([this] { compute(); });
    recorded_ = true;
  } catch (const c10::Error& error) {
    if (settings_.cuda_graph == "on") throw;
    gave_up_ = true;
    const std::string why = error.what_without_backtrace();
    common::log_warning("steps are run kernel by kernel, since recording one failed: " +
                        why.substr(0, why.find('\n')));
  }
}

}  // namespace nas::child_trainer
