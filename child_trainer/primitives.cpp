#include "child_trainer/primitives.h"

#include <ATen/ATen.h>

#include <array>

#include "child_trainer/device.h"
#include "child_trainer/distributed/synchronised_batch_norm.h"
#include "common/error.h"

namespace nas::child_trainer {

using search_space::Node;
using search_space::Primitive;

std::vector<int64_t> mask_shape(const Node& node, int64_t samples) {
  if (node.kind == Primitive::kDropPath) return {samples, 1, 1, 1};
  return {samples, node.shape.channels, node.shape.height, node.shape.width};
}

// A sample's numbers depend on its place in the step's batch, not on the part of it that this rank
// sees.
at::Tensor random_mask(const Node& node, uint64_t index, const Pass& pass, int64_t samples) {
  if (pass.masks != nullptr) return (*pass.masks)[index];
  const bool path = node.kind == Primitive::kDropPath;
  const double rate = path ? pass.drop_path * node.attributes.depth_ratio : node.attributes.rate;
  if (!pass.training || rate <= 0) return {};
  common::RandomKey key = pass.key;
  key.purpose = path ? "drop_path" : "dropout";
  key.index = index;
  common::RandomStream random(key);
  at::Tensor mask = at::empty(mask_shape(node, samples));
  random.skip(static_cast<uint64_t>(pass.first_image * mask.numel() / samples));
  const double keep = 1.0 - rate;
  auto* data = mask.data_ptr<float>();
  for (int64_t i = 0; i < mask.numel(); ++i)
    data[i] = random.chance(keep) ? static_cast<float>(1.0 / keep) : 0.0F;
  return mask;
}

namespace {

using Inputs = std::vector<at::Tensor>;

at::Tensor run_conv(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  const at::Tensor bias = site.parameters.size() > 1 ? site.parameters[1] : at::Tensor();
  return at::conv2d(x[0], site.parameters[0], bias, {a.stride_h, a.stride_w}, {a.top, a.left},
                    {a.dilation, a.dilation}, a.groups);
}

at::Tensor run_batch_norm(const Inputs& x, const Site& site) {
  const auto running = [&](size_t i) {
    return site.pass.repeated ? site.buffers[i].clone() : site.buffers[i];
  };
  if (site.pass.training && site.pass.synchronise != nullptr) {
    return synchronised_batch_norm(x[0],
                                   {.weight = site.parameters[0],
                                    .bias = site.parameters[1],
                                    .running_mean = running(0),
                                    .running_var = running(1),
                                    .momentum = site.node.attributes.momentum,
                                    .epsilon = site.node.attributes.epsilon},
                                   *site.pass.synchronise);
  }
  return at::batch_norm(x[0], site.parameters[0], site.parameters[1], running(0), running(1),
                        site.pass.training, site.node.attributes.momentum,
                        site.node.attributes.epsilon, true);
}

at::Tensor run_relu(const Inputs& x, const Site&) { return at::relu(x[0]); }

at::Tensor run_max_pool(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  return at::max_pool2d(x[0], {a.kernel_h, a.kernel_w}, {a.stride_h, a.stride_w}, {a.top, a.left});
}

at::Tensor run_avg_pool(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  return at::avg_pool2d(x[0], {a.kernel_h, a.kernel_w}, {a.stride_h, a.stride_w}, {a.top, a.left},
                        false,
                        /*count_include_pad=*/false);
}

at::Tensor run_add(const Inputs& x, const Site&) {
  at::Tensor sum = at::add(x[0], x[1]);
  for (size_t i = 2; i < x.size(); ++i) sum.add_(x[i]);
  return sum;
}

at::Tensor run_concat(const Inputs& x, const Site&) { return at::cat(x, 1); }

at::Tensor run_pad(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  return at::constant_pad_nd(x[0], {a.left, a.right, a.top, a.bottom});
}

at::Tensor run_slice(const Inputs& x, const Site& site) {
  const auto& a = site.node.attributes;
  return x[0].slice(2, a.top).slice(3, a.left);
}

at::Tensor run_zeros(const Inputs& x, const Site& site) {
  const auto& shape = site.node.shape;
  return at::zeros({x[0].size(0), shape.channels, shape.height, shape.width}, x[0].options())
      .contiguous(at::MemoryFormat::ChannelsLast);
}

// A mean instead of adaptive pooling: the latter's backward is not deterministic on CUDA.
at::Tensor run_global_avg_pool(const Inputs& x, const Site&) { return x[0].mean({2, 3}, true); }

at::Tensor run_linear(const Inputs& x, const Site& site) {
  return at::linear(x[0].flatten(1), site.parameters[0], site.parameters[1]);
}

// Of dropout and drop-path.
at::Tensor run_masked(const Inputs& x, const Site& site) {
  const at::Tensor mask = random_mask(site.node, site.index, site.pass, x[0].size(0));
  // In the input's type: under autocast what follows would be float32 otherwise.
  return mask.defined() ? x[0] * upload(mask, x[0].device()).to(x[0].scalar_type()) : x[0];
}

at::Tensor run_sigmoid(const Inputs& x, const Site&) { return at::sigmoid(x[0]); }
at::Tensor run_mul(const Inputs& x, const Site&) { return x[0] * x[1]; }

at::Tensor run_unsupported(const Inputs&, const Site& site) {
  throw common::InternalError({.where = site.node.name,
                               .what = "this primitive cannot be run",
                               .got = search_space::primitive_text(site.node.kind)});
}

using Runner = at::Tensor (*)(const Inputs&, const Site&);

// In the order of search_space::Primitive.
constexpr std::array<Runner, 18> kRunners = {
    run_unsupported,  // input: given
    run_conv,        run_batch_norm, run_relu,    run_max_pool, run_avg_pool,        run_add,
    run_concat,      run_pad,        run_slice,   run_zeros,    run_global_avg_pool, run_linear,
    run_masked,      run_masked,     run_sigmoid, run_mul,      run_unsupported};

}  // namespace

at::Tensor run_primitive(const std::vector<at::Tensor>& inputs, const Site& site) {
  return kRunners[static_cast<size_t>(site.node.kind)](inputs, site);
}

}  // namespace nas::child_trainer
