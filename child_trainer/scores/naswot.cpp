#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "child_trainer/score.h"

namespace nas::child_trainer {
namespace {

// Neural architecture search without training (Mellor et al. 2021): log det(K + I), where K[i, j]
// is in how many ReLU outputs the images i and j agree to be active or not. The identity, beside
// entries of thousands, keeps it finite where two images agree in all.
double compute(Network& network, const Batch& batch) {
  const at::NoGradGuard no_grad;
  at::Tensor kernel =
      at::eye(batch.images.size(0), at::TensorOptions(network.device()).dtype(at::kDouble));
  const auto observe = [&](const search_space::Node& node, const std::vector<at::Tensor>&,
                           const at::Tensor& output) {
    if (node.kind != search_space::Primitive::kRelu || node.auxiliary) return;
    const at::Tensor signs = (output.flatten(1) > 0).to(at::kFloat) * 2 - 1;  // [N, units]
    // Agreements less disagreements, which float32 counts exactly up to 2^24.
    const at::Tensor balance = at::mm(signs, signs.t()).to(at::kDouble);
    kernel += (balance + signs.size(1)) / 2;
  };
  network.forward(batch.images, {.training = true, .observe = observe});
  return std::get<1>(at::linalg_slogdet(kernel.cpu())).item<double>();
}

const common::Register<Score> kRegister{
    {.name = "naswot",
     .summary = "How well the pattern of active ReLUs tells images apart (log determinant)",
     .compute = compute}};

}  // namespace
}  // namespace nas::child_trainer
