#include "child_trainer/initial_parameter.h"

#include <ATen/ATen.h>

#include <cmath>

namespace nas::child_trainer {

using search_space::Node;
using search_space::Primitive;

namespace {

// Names carry the key, so that a weight starts the same wherever its layer stands in the graph.
at::Tensor initial_weight(const Node& node, const std::string& name,
                          const std::vector<int64_t>& shape, common::RandomKey key) {
  at::Tensor value = at::empty(shape);
  if (node.kind == Primitive::kBatchNorm) return value.fill_(1.0);
  const std::string purpose = "init " + name;
  key.purpose = purpose;
  common::RandomStream random(key);
  auto* data = value.data_ptr<float>();
  if (node.kind == Primitive::kLinear) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(shape[1]));
    for (int64_t i = 0; i < value.numel(); ++i)
      data[i] = static_cast<float>(random.uniform(-bound, bound));
    return value;
  }
  const auto& a = node.attributes;
  const double fan_out =
      static_cast<double>(node.shape.channels / a.groups * a.kernel_h * a.kernel_w);
  const double deviation = std::sqrt(2.0 / fan_out);
  for (int64_t i = 0; i < value.numel(); ++i)
    data[i] = static_cast<float>(deviation * random.normal());
  return value;
}

}  // namespace

at::Tensor initial_parameter(const Node& node, size_t parameter, const std::string& name,
                             const std::vector<int64_t>& shape, at::Device device,
                             common::RandomKey key) {
  at::Tensor value = parameter == 0 ? initial_weight(node, name, shape, key) : at::zeros(shape);
  if (value.dim() == 4) value = value.contiguous(at::MemoryFormat::ChannelsLast);
  return value.to(device).set_requires_grad(true);
}

}  // namespace nas::child_trainer
