#include "child_trainer/training_step.h"

#include <ATen/ATen.h>

#include "child_trainer/autocast.h"
#include "child_trainer/loss.h"

namespace nas::child_trainer {

StepLoss forward_loss(Network& network, const Batch& batch, const TrainSettings& settings,
                      Pass pass) {
  const Autocast autocast(settings.precision == "bf16", network.device().type());
  pass.training = true;
  pass.first_image = batch.first;
  const Scores scores = network.forward(batch.images, pass);
  const auto loss_at = [&](const at::Tensor& rows) {
    return loss_of(rows.to(at::kFloat), batch.targets, settings.label_smoothing);
  };
  StepLoss step{.loss = loss_at(scores.logits), .logits = scores.logits.detach()};
  if (scores.auxiliary.defined())
    step.loss = step.loss + settings.auxiliary_weight * loss_at(scores.auxiliary);
  if (batch.share != 1.0) step.loss = step.loss * batch.share;
  return step;
}

StepSums::StepSums(at::Device device)
    : loss_(at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device))),
      correct_(at::zeros_like(loss_)) {}

void StepSums::set(double loss, double correct) {
  loss_.fill_(loss);
  correct_.fill_(correct);
}

void StepSums::add(const StepLoss& step, const at::Tensor& targets) {
  loss_ += step.loss.detach();
  if (targets.dim() == 1) correct_ += (step.logits.argmax(1) == targets).sum();
}

at::Tensor StepSums::read() const { return at::stack({loss_, correct_}).cpu(); }

}  // namespace nas::child_trainer
