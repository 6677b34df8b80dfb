#include "child_trainer/distributed/synchronised_batch_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace nas::child_trainer {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Sums over images and pixels, [C], in double precision: a variance is a small difference of these.
at::Tensor sum_of(const at::Tensor& x) { return at::sum(x, {0, 2, 3}, false, at::kDouble); }

at::Tensor as_channels(const at::Tensor& values, const at::Tensor& like) {
  return values.to(like.scalar_type()).view({1, -1, 1, 1});
}

struct Function : torch::autograd::Function<Function> {
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight,
                          const Variable& bias, const BatchNormTensors& tensors,
                          Communicator* communicator) {
    const int64_t channels = x.size(1);
    const at::Tensor own_count = at::full({1}, static_cast<double>(x.numel() / channels),
                                          weight.options().dtype(at::kDouble));
    const at::Tensor wide = x.to(weight.scalar_type());  // of bfloat16
    const at::Tensor sums = at::cat({sum_of(wide), sum_of(wide.square()), own_count});
    communicator->all_reduce(sums).get();
    const at::Tensor count = sums.narrow(0, 2 * channels, 1);
    const at::Tensor mean = sums.narrow(0, 0, channels) / count;
    const at::Tensor variance =
        (sums.narrow(0, channels, channels) / count - mean.square()).clamp_min(0);
    const at::Tensor inverse = (variance + tensors.epsilon).rsqrt();

    const at::Tensor unbiased = variance * (count / (count - 1).clamp_min(1));
    tensors.running_mean.mul_(1 - tensors.momentum).add_(mean * tensors.momentum);
    tensors.running_var.mul_(1 - tensors.momentum).add_(unbiased * tensors.momentum);

    context->save_for_backward({x, weight, mean, inverse, count});
    context->saved_data["communicator"] = reinterpret_cast<int64_t>(communicator);
    const at::Tensor scale = weight * inverse;
    const at::Tensor shift = bias - mean * scale;
    return (wide * as_channels(scale, wide) + as_channels(shift, wide)).to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &mean = saved[2], &inverse = saved[3],
                     &count = saved[4];
    auto* communicator =
        reinterpret_cast<Communicator*>(context->saved_data["communicator"].toInt());
    const at::Tensor dy = gradients[0].to(weight.scalar_type());
    const at::Tensor normal =
        (x.to(weight.scalar_type()) - as_channels(mean, weight)) * as_channels(inverse, weight);
    const at::Tensor own_bias = sum_of(dy);
    const at::Tensor own_weight = sum_of(dy * normal);
    const at::Tensor sums = at::cat({own_bias, own_weight});
    communicator->all_reduce(sums).get();
    const at::Tensor means = sums / count;
    const int64_t channels = x.size(1);
    const at::Tensor dx = (dy - as_channels(means.narrow(0, 0, channels), weight) -
                           normal * as_channels(means.narrow(0, channels, channels), weight)) *
                          as_channels(weight * inverse, weight);
    return {dx.to(x.scalar_type()), own_weight.to(weight.scalar_type()),
            own_bias.to(weight.scalar_type()), Variable(), Variable()};
  }
};

}  // namespace

at::Tensor synchronised_batch_norm(const at::Tensor& x, const BatchNormTensors& tensors,
                                   Communicator& communicator) {
  return Function::apply(x, tensors.weight, tensors.bias, tensors, &communicator);
}

}  // namespace nas::child_trainer
