// The backward half of plan_state.h.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstring>

#include "child_trainer/parallel_images.h"
#include "child_trainer/plan_state.h"

namespace nas::child_trainer {

using kernels::Images;

bool PlanState::begin_gradient(int b, bool whole) {
  const auto i = static_cast<size_t>(b);
  if (has_gradient_[i]) return true;
  has_gradient_[i] = true;
  if (!whole) {
    const auto bytes = static_cast<size_t>(count_ * buffer(b).shape.count()) * sizeof(float);
    std::memset(block_.data() + memory_.gradients[i], 0, bytes);
  }
  return !whole;
}

void PlanState::backward(const std::vector<at::Tensor>& gradients) {
  has_gradient_.assign(plan.buffers.size(), false);
  const auto enter = [&](int b, size_t i) {
    if (b < 0) return;
    at::Tensor own = tensor_of(own_gradient(b, 0, buffer(b).shape.channels));
    has_gradient_[static_cast<size_t>(b)] = true;
    if (i < gradients.size() && gradients[i].defined())
      own.copy_(gradients[i].view_as(own));
    else
      own.zero_();
  };
  enter(plan.logits, 0);
  enter(plan.auxiliary_logits, 1);
  for (size_t s = plan.steps.size(); s-- > 0;) {
    switch (plan.steps[s].kind) {
      case Step::Kind::kConvolution:
        differentiate_convolution(s);
        break;
      case Step::Kind::kSum:
        differentiate_sum(s);
        break;
      case Step::Kind::kTorch:
        differentiate_torch(s);
        break;
    }
  }
  torch_steps_.clear();
}

void PlanState::prepare_batch_norm_backward(int i, int b) {
  BatchNormState& norm = batch_norm(i);
  if (norm.differentiated) return;
  const int64_t channels = buffer(b).shape.channels;
  const Images z = value(b, 0, channels);
  if (!norm.has_d_sums) {
    const Flow flow = gradient(b, 0, channels);
    const size_t width = norm.d_sums.size();
    std::vector<double> sums(width * static_cast<size_t>(image_threads()), 0.0);
    parallel_images(count_, [&](int64_t thread, int64_t begin, int64_t end) {
      kernels_.batch_norm_sums(flow.images, flow.mask, z,
                               sums.data() + width * static_cast<size_t>(thread), begin, end);
    });
    for (size_t k = 0; k < sums.size(); ++k) norm.d_sums[k % width] += sums[k];
  }
  norm.differentiate(static_cast<double>(count_ * z.height * z.width));
}

void PlanState::differentiate_convolution(size_t s) {
  const Step& step = plan.steps[s];
  const Operand& input = step.inputs[0];
  const PackedConvolution& convolution = *convolutions_[s];
  const Flow flow = gradient(step.buffer, step.channel, step.channels);
  kernels::ConvolutionBackward task{.shape = convolution.shape(),
                                    .input = source_of(input),
                                    .weights = convolution.weights(),
                                    .gradient = {.dy = flow.images, .mask = flow.mask}};
  if (step.batch_norm >= 0) {
    prepare_batch_norm_backward(step.batch_norm, step.buffer);
    const BatchNormState& norm = batch_norm(step.batch_norm);
    task.gradient.z = value(step.buffer, step.channel, step.channels);
    task.gradient.a = norm.a.data() + step.statistics_offset;
    task.gradient.b = norm.b.data() + step.statistics_offset;
    task.gradient.c = norm.c.data() + step.statistics_offset;
  }
  BatchNormState* before = nullptr;  // of the input, whose gradient is whole after this step
  if (input.buffer != 0) {
    task.target.images = own_gradient(input.buffer, input.channel, input.channels);
    task.target.accumulate =
        begin_gradient(input.buffer, input.channels == buffer(input.buffer).shape.channels);
    if (input.batch_norm >= 0 && reads_[static_cast<size_t>(input.buffer)] == 1)
      before = &batch_norm(input.batch_norm);
  }
  const auto threads = static_cast<size_t>(image_threads());
  const int64_t weights = convolution.depthwise_floats() + convolution.dense_floats();
  std::vector<float> partial(static_cast<size_t>(weights) * threads, 0.0F);
  const size_t width = before == nullptr ? 0 : before->d_sums.size();
  std::vector<double> sums(width * threads, 0.0);
  const int64_t floats = kernels_.scratch(task.shape);
  parallel_images(count_, [&](int64_t thread, int64_t begin, int64_t end) {
    kernels::ConvolutionBackward mine = task;
    mine.d_depthwise = partial.data() + thread * weights;
    mine.d_forward = mine.d_depthwise + convolution.depthwise_floats();
    if (before != nullptr)
      mine.target.batch_norm = sums.data() + width * static_cast<size_t>(thread);
    kernels_.convolution_backward(mine, begin, end, thread_scratch(floats));
  });
  convolution.add_gradients(partial, static_cast<int64_t>(threads));
  if (before == nullptr) return;
  for (size_t k = 0; k < sums.size(); ++k) before->d_sums[k % width] += sums[k];
  before->has_d_sums = true;
}

void PlanState::differentiate_sum(size_t s) {
  const Step& step = plan.steps[s];
  const Flow flow = gradient(step.buffer, step.channel, step.channels);
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    const Operand& operand = step.inputs[i];
    const PlanBuffer& place = buffer(operand.buffer);
    if (operand.buffer == 0 || place.gradient_of_step >= 0) continue;
    kernels::Source source = source_of(operand);
    source.mask = product(flow.mask, source.mask);
    const bool whole = operand.pool < 0 && operand.channels == place.shape.channels;
    const kernels::Target target{
        .images = own_gradient(operand.buffer, operand.channel, operand.channels),
        .accumulate = begin_gradient(operand.buffer, whole)};
    if (operand.pool < 0) {
      parallel_images(count_, [&](int64_t, int64_t begin, int64_t end) {
        kernels_.add_gradient(flow.images, source, target, begin, end);
      });
      continue;
    }
    const kernels::Pool pool = pool_of(node(operand.pool));
    const int64_t chosen = memory_.chosen[s][i];
    const auto* indices =
        chosen < 0 ? nullptr : reinterpret_cast<const uint8_t*>(block_.data() + chosen);
    parallel_images(count_, [&](int64_t, int64_t begin, int64_t end) {
      kernels_.pool_backward(pool, flow.images, source.mask, indices, target.images, begin, end);
    });
  }
}

void PlanState::differentiate_torch(size_t s) {
  const Step& step = plan.steps[s];
  TorchStep& saved = torch_steps_.at(s);
  const Flow flow = gradient(step.buffer, 0, step.channels);
  std::vector<at::Tensor> wanted;
  for (const at::Tensor& x : saved.inputs)
    if (x.requires_grad()) wanted.push_back(x);
  const size_t inputs = wanted.size();
  for (const at::Tensor& parameter : parameters[static_cast<size_t>(step.nodes[0])])
    wanted.push_back(parameter);
  if (wanted.empty() || !saved.output.requires_grad()) return;
  at::Tensor from = tensor_of(flow.images);
  if (flow.mask != nullptr)
    from = from * at::from_blob(const_cast<float*>(flow.mask), {count_, 1, 1, 1}, at::kFloat);
  const auto gradients =
      torch::autograd::grad({saved.output}, wanted, {from.reshape(saved.output.sizes())},
                            /*retain_graph=*/std::nullopt, /*create_graph=*/false,
                            /*allow_unused=*/true);
  size_t g = 0;
  for (size_t i = 0; i < saved.inputs.size(); ++i) {
    if (!saved.inputs[i].requires_grad()) continue;
    const at::Tensor& gradient = gradients[g++];
    const Operand& operand = step.inputs[i];
    const PlanBuffer& place = buffer(operand.buffer);
    const bool accumulate =
        begin_gradient(operand.buffer, operand.channels == place.shape.channels);
    at::Tensor own = tensor_of(own_gradient(operand.buffer, operand.channel, operand.channels));
    if (!gradient.defined()) {
      if (!accumulate) own.zero_();
    } else if (accumulate) {
      own.add_(gradient.view_as(own));
    } else {
      own.copy_(gradient.view_as(own));
    }
  }
  for (size_t p = inputs; p < wanted.size(); ++p) {
    if (!gradients[p].defined()) continue;
    gradient_of(wanted[p]);
    wanted[p].mutable_grad().add_(gradients[p]);
  }
}

}  // namespace nas::child_trainer
