#include "child_trainer/training_step.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include "child_trainer/loss.h"

namespace nas::child_trainer {

namespace {

// AutocastPass to bfloat16 for the length of a forward pass.
class AutocastPass {
 public:
  AutocastPass(bool enabled, at::DeviceType device) : enabled_(enabled), device_(device) {
    if (!enabled_) return;
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~AutocastPass() {
    if (!enabled_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, false);
  }
  AutocastPass(const AutocastPass&) = delete;
  AutocastPass& operator=(const AutocastPass&) = delete;

 private:
  bool enabled_;
  at::DeviceType device_;
};

}  // namespace

StepLoss forward_loss(Network& network, const Batch& batch, const TrainSettings& settings,
                      double drop_path, const common::RandomKey& key, Communicator* synchronise) {
  const AutocastPass autocast(settings.precision == "bf16", network.device().type());
  const Scores scores = network.forward(batch.images, {.training = true,
                                                       .drop_path = drop_path,
                                                       .key = key,
                                                       .first_image = batch.first,
                                                       .synchronise = synchronise});
  const auto loss_at = [&](const at::Tensor& rows) {
    return loss_of(rows.to(at::kFloat), batch.targets, settings.label_smoothing);
  };
  StepLoss step{.loss = loss_at(scores.logits), .logits = scores.logits.detach()};
  if (scores.auxiliary.defined())
    step.loss = step.loss + settings.auxiliary_weight * loss_at(scores.auxiliary);
  if (batch.share != 1.0) step.loss = step.loss * batch.share;
  return step;
}

}  // namespace nas::child_trainer
