#include "child_trainer/training_step.h"

#include <ATen/ATen.h>

#include "child_trainer/autocast.h"
#include "child_trainer/loss.h"

namespace nas::child_trainer {

StepLoss forward_loss(Network& network, const Batch& batch, const TrainSettings& settings,
                      double drop_path, const common::RandomKey& key, Communicator* synchronise) {
  const Autocast autocast(settings.precision == "bf16", network.device().type());
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
