#include <ATen/ATen.h>

#include "child_trainer/score.h"

namespace nas::child_trainer {
namespace {

constexpr double kShift = 1e-5;  // of the eigenvalues

// Covariance of Jacobians (Mellor et al. 2020, first version; as in Abdelfattah et al. 2021): with
// v the eigenvalues of the correlations [N, N] between the images' gradients of the sum of logits,
// -sum(log(v + k) + 1 / (v + k)). The less alike the gradients, the higher, up to -N.
double compute(Network& network, const Batch& batch) {
  const at::Tensor images = batch.images.detach().clone().set_requires_grad(true);
  const at::Tensor logits = network.forward(images, {.training = true}).logits;
  const at::Tensor jacobian = gradients(logits, {images})[0].flatten(1).to(at::kCPU, at::kDouble);
  // Gradients of zeros, of a network that does not see its image, count as all alike.
  const at::Tensor correlations = at::corrcoef(jacobian).nan_to_num(1.0);
  const at::Tensor values = at::linalg_eigvalsh(correlations).clamp_min(0.0) + kShift;
  return -(values.log() + values.reciprocal()).sum().item<double>();
}

const common::Register<Score> kRegister{
    {.name = "jacob_cov",
     .summary = "How differently the logits answer to small changes of different images",
     .compute = compute}};

}  // namespace
}  // namespace nas::child_trainer
