#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "child_trainer/score.h"

namespace nas::child_trainer {
namespace {

constexpr int64_t kImages = 32;
constexpr double kStep = 0.01;

// Standard normal [kImages, C, H, W]; the same ones for every network of that image size.
at::Tensor noise(const Network& network, uint64_t index) {
  const auto& shape = network.graph().nodes[0].shape;
  const at::Tensor images = at::empty({kImages, shape.channels, shape.height, shape.width});
  common::RandomStream random({.purpose = "zen", .index = index});
  auto* data = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) data[i] = static_cast<float>(random.normal());
  return images.contiguous(at::MemoryFormat::ChannelsLast).to(network.device());
}

struct Answer {
  at::Tensor features;   // [N, C, H, W], before the pooling of the whole image
  double log_scale = 0;  // what the batch norms divided by: sum of log deviations
};

Answer answer(Network& network, const at::Tensor& images) {
  Answer result;
  const auto observe = [&](const search_space::Node& node, const std::vector<at::Tensor>& inputs,
                           const at::Tensor&) {
    if (node.auxiliary) return;
    if (node.kind == search_space::Primitive::kGlobalAvgPool) result.features = inputs[0];
    if (node.kind != search_space::Primitive::kBatchNorm) return;
    const double variance = inputs[0].var({0, 2, 3}, false).mean().item<double>();
    result.log_scale += 0.5 * std::log(variance + node.attributes.epsilon);
  };
  const at::Tensor logits = network.forward(images, {.training = true, .observe = observe}).logits;
  if (!result.features.defined()) result.features = logits;
  return result;
}

// Zen-score (Lin et al. 2021): log E |f(x) - f(x + 0.01 e)| of the features f, for normal x and e,
// and log of the deviations that the batch norms divided by. Convolutions have weights of mean
// square 1, as the paper's normal ones.
double compute(Network& network, const Batch&) {
  const at::NoGradGuard no_grad;
  for (const auto& weight : layer_weights(network)) {
    if (weight.dim() == 4) weight.div_(weight.square().mean().sqrt());
  }
  const at::Tensor images = noise(network, 0);
  const Answer here = answer(network, images);
  const Answer there = answer(network, images + kStep * noise(network, 1));
  const at::Tensor change = (here.features - there.features).flatten(1);
  const double mean = change.norm(2, 1).mean().item<double>();
  // No change at all is that of a network that does not see its image.
  const double least = std::numeric_limits<float>::min();
  return std::log(std::max(mean, least)) + here.log_scale;
}

const common::Register<Score> kRegister{
    {.name = "zen",
     .summary = "How much the features of noise change with the noise, batch norms undone (log)",
     .needs_batch = false,
     .compute = compute}};

}  // namespace
}  // namespace nas::child_trainer
