#include "controller/clipped_objective.h"

namespace nas::controller {

namespace {

// r lies in [1 / 20, 20]: beyond, a sample no longer counts, so that no single one, proposed long
// ago, fills Adam's moments.
constexpr double kLogRatioRange = 3.0;

}  // namespace

PolicyLearner::Objective clipped_objective(double clip) {
  return [clip](const at::Tensor& log_probs, const at::Tensor& old_log_probs,
                const at::Tensor& advantages) {
    const at::Tensor ratio =
        (log_probs - old_log_probs).clamp(-kLogRatioRange, kLogRatioRange).exp();
    return at::minimum(ratio * advantages, ratio.clamp(1.0 - clip, 1.0 + clip) * advantages);
  };
}

common::OptionList clipped_options() {
  return {
      {.name = "clip",
       .value = 0.2,
       .help = "Change of a proposal's probability within a batch, past which nothing is gained",
       .min = 0.01,
       .max = 0.99},
      {.name = "epochs",
       .value = 4,
       .help = "Steps that are made from a batch",
       .unit = "steps",
       .min = 1.0}};
}

}  // namespace nas::controller
