#include "tests/support/reference_scores.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "child_trainer/network.h"
#include "common/random.h"
#include "search_space/network_family.h"

namespace nas::tests {

namespace {

constexpr int64_t kCalibrationImages = 16;

at::Tensor random_images(const search_space::Shape& shape, common::RandomStream& random) {
  at::Tensor images = at::empty({kCalibrationImages, shape.channels, shape.height, shape.width});
  auto* data = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) data[i] = static_cast<float>(random.normal());
  return images;
}

void fill_uniform(const at::Tensor& tensor, common::RandomStream& random, double low, double high) {
  auto* data = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i)
    data[i] = static_cast<float>(random.uniform(low, high));
}

// One pass in training mode leaves start * (1 - momentum) + batch * momentum in the statistics; the
// batch's own are read from that, and then shaken, so that they are like those of a trained
// network: near the truth, not equal to it.
void set_statistics(const search_space::NetworkGraph& graph, child_trainer::Network& network,
                    common::RandomStream& random) {
  for (const auto& node : graph.nodes) {
    if (node.kind != search_space::Primitive::kBatchNorm) continue;
    const double momentum = node.attributes.momentum;
    auto* mean = network.buffers().at(node.buffers[0].name).data_ptr<float>();
    auto* variance = network.buffers().at(node.buffers[1].name).data_ptr<float>();
    for (int64_t c = 0; c < node.buffers[0].count(); ++c) {
      const double batch_variance = std::max(0.05, (variance[c] - (1.0 - momentum)) / momentum);
      const double shift = 0.2 * std::sqrt(batch_variance) * random.normal();
      mean[c] = static_cast<float>(mean[c] / momentum + shift);
      variance[c] = static_cast<float>(batch_variance * random.uniform(0.5, 2.0));
    }
  }
}

}  // namespace

search_space::NetworkGraph small_network(const search_space::Architecture& architecture) {
  const search_space::NetworkOptions options{
      .input_size = 16, .classes = 5, .cells = 1, .filters = 8};
  return search_space::inference_graph(
      search_space::build_network(architecture, options));
}

exporting::ExportModel random_export_model(const search_space::NetworkGraph& graph, uint64_t seed) {
  const at::NoGradGuard no_grad;
  common::RandomStream random({.seed = seed, .purpose = "random_export_model"});
  const search_space::Shape& shape = graph.nodes.at(0).shape;
  child_trainer::Network network(graph, at::Device(at::kCPU), {.seed = seed});
  for (const auto& [name, tensor] : network.parameters()) {
    if (tensor.dim() != 1) continue;
    const bool bias = name.ends_with(".bias");
    fill_uniform(tensor, random, bias ? -0.2 : 0.6, bias ? 0.2 : 1.4);
  }
  network.forward(random_images(shape, random), {.training = true});
  set_statistics(graph, network, random);

  exporting::ExportModel model;
  model.name = "random";
  model.graph = graph;
  model.weights = child_trainer::store_tensors(network.state(false));
  for (int64_t k = 0; k < graph.classes; ++k) model.labels.push_back("class" + std::to_string(k));
  model.input_size = shape.height;
  model.mean = {0.49, 0.48, 0.45};
  model.std_dev = {0.25, 0.24, 0.26};
  return model;
}

std::vector<float> reference_scores(const exporting::ExportModel& model,
                                    const std::vector<float>& images, int64_t count) {
  const at::NoGradGuard no_grad;
  const search_space::Shape& shape = model.graph.nodes.at(0).shape;
  at::Tensor pixels = at::empty({count, shape.channels, shape.height, shape.width});
  std::memcpy(pixels.data_ptr<float>(), images.data(), pixels.nbytes());
  at::Tensor mean = at::empty({1, shape.channels, 1, 1});
  at::Tensor std_dev = at::empty({1, shape.channels, 1, 1});
  for (int64_t c = 0; c < shape.channels; ++c) {
    mean.data_ptr<float>()[c] = static_cast<float>(model.mean.at(static_cast<size_t>(c)));
    std_dev.data_ptr<float>()[c] = static_cast<float>(model.std_dev.at(static_cast<size_t>(c)));
  }
  child_trainer::Network network(model.graph, at::Device(at::kCPU), {});
  child_trainer::copy_into(network.state(false), model.weights, "reference_scores");
  const at::Tensor logits =
      network.forward((pixels / 255.0 - mean) / std_dev, {.training = false}).logits;
  const at::Tensor scores =
      (model.task == data::Task::kMultiLabel ? at::sigmoid(logits) : at::softmax(logits, 1))
          .contiguous();
  const auto* data = scores.data_ptr<float>();
  return {data, data + scores.numel()};
}

}  // namespace nas::tests
