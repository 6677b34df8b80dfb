// The backward half of plan_state.h.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstring>

#include "child_trainer/parallel_images.h"
#include "child_trainer/plan_state.h"

namespace nas::child_trainer {

using kernels::Images;

bool PlanState::begin_gradient(int b) {
  const bool there = has_gradient_[static_cast<size_t>(b)];
  has_gradient_[static_cast<size_t>(b)] = true;
  return there;
}

void PlanState::clear_gradient(int b) {
  if (begin_gradient(b)) return;
  const auto bytes = static_cast<size_t>(count_ * buffer(b).shape.count()) * sizeof(float);
  std::memset(block_.data() + memory_.gradients[static_cast<size_t>(b)], 0, bytes);
}

void PlanState::backward(const std::vector<at::Tensor>& gradients) {
  has_gradient_.assign(plan.buffers.size(), false);
  d_sums_.assign(plan.buffers.size(), {});
  for (auto& [i, norm] : batch_norms_) norm->waits_for = norm->convolutions;
  const auto enter = [&](int b, size_t i) {
    if (b < 0) return;
    at::Tensor own = tensor_of(own_gradient(b));
    has_gradient_[static_cast<size_t>(b)] = true;
    if (i < gradients.size() && gradients[i].defined())
      own.copy_(gradients[i].view_as(own));
    else
      own.zero_();
  };
  enter(plan.logits, 0);
  enter(plan.auxiliary_logits, 1);
  pass_.repeated = true;
  for (const BackwardTurn& turn : plan.backward) {
    const auto s = static_cast<size_t>(turn.step);
    if (turn.recompute)
      run_step(s);
    else
      differentiate_step(s);
  }
}

void PlanState::differentiate_step(size_t s) {
  switch (plan.steps[s].kind) {
    case Step::Kind::kConvolution:
      return differentiate_convolution(s);
    case Step::Kind::kSum:
      return differentiate_sum(s);
    case Step::Kind::kTorch:
      differentiate_torch(s);
      torch_steps_.erase(s);
      torch_values_.erase(plan.steps[s].buffer);
      return;
  }
}

const std::vector<double>& PlanState::batch_norm_sums(int b) {
  std::vector<double>& sums = d_sums_[static_cast<size_t>(b)];
  if (!sums.empty()) return sums;
  const Images z = value(b);
  const Flow flow = gradient(b, 0, z.channels);
  const auto width = static_cast<size_t>(2 * z.channels);
  std::vector<double> partial(width * static_cast<size_t>(image_threads()), 0.0);
  parallel_images(count_, [&](int64_t thread, int64_t begin, int64_t end) {
    kernels_.batch_norm_sums(flow.images, flow.mask, z,
                             partial.data() + width * static_cast<size_t>(thread), begin, end);
  });
  sums.assign(width, 0.0);
  for (size_t k = 0; k < partial.size(); ++k) sums[k % width] += partial[k];
  return sums;
}

void PlanState::differentiate_convolution(size_t s) {
  const Step& step = plan.steps[s];
  const PackedConvolution& convolution = *convolutions_[s];
  const Flow flow = gradient(step.buffer, 0, step.channels);
  kernels::Gradient from{.dy = flow.images, .mask = flow.mask};
  if (step.batch_norm >= 0) {
    BatchNormState& norm = batch_norm(step.batch_norm);
    from.z = value(step.buffer);
    const std::vector<double>& own = batch_norm_sums(step.buffer);
    std::vector<double> all = own;
    sum_over_ranks(all);
    norm.differentiate(norm.count, step.batch_norm_offset, own, all);
    if (--norm.waits_for == 0) {
      gradient_is_there(norm.weight());
      gradient_is_there(norm.bias());
    }
    from.a = norm.a.data() + step.batch_norm_offset;
    from.b = norm.b.data() + step.batch_norm_offset;
    from.c = norm.c.data() + step.batch_norm_offset;
  }
  std::vector<kernels::Source> inputs;
  std::vector<kernels::Target> targets;
  // Of inputs whose gradient is whole after this step: what their batch norms want to know of it.
  std::vector<size_t> sums_at;
  size_t width = 0;
  for (const Operand& operand : step.inputs) {
    inputs.push_back(source_of(operand));
    targets.emplace_back();
    sums_at.push_back(width);
    if (operand.buffer == 0) continue;
    targets.back() = {.images = own_gradient(operand.buffer),
                      .accumulate = begin_gradient(operand.buffer)};
    if (operand.batch_norm >= 0 && reads_[static_cast<size_t>(operand.buffer)] == 1)
      width += static_cast<size_t>(2 * channels(operand.buffer));
  }
  sums_at.push_back(width);
  const auto threads = static_cast<size_t>(image_threads());
  const int64_t weights = convolution.depthwise_floats() + convolution.dense_floats();
  std::vector<float> partial(static_cast<size_t>(weights) * threads, 0.0F);
  std::vector<double> sums(width * threads, 0.0);
  const int64_t floats = kernels_.scratch(convolution.shape());
  parallel_images(count_, [&](int64_t thread, int64_t begin, int64_t end) {
    std::vector<kernels::Target> mine = targets;
    for (size_t i = 0; i < mine.size(); ++i) {
      if (sums_at[i + 1] > sums_at[i])
        mine[i].batch_norm = sums.data() + width * static_cast<size_t>(thread) + sums_at[i];
    }
    float* gradients = partial.data() + thread * weights;
    kernels_.convolution_backward({.shape = convolution.shape(),
                                   .inputs = inputs.data(),
                                   .parts = static_cast<int64_t>(inputs.size()),
                                   .weights = convolution.weights(),
                                   .gradient = from,
                                   .targets = mine.data(),
                                   .d_depthwise = gradients,
                                   .d_forward = gradients + convolution.depthwise_floats()},
                                  begin, end, thread_scratch(floats));
  });
  convolution.add_gradients(partial, static_cast<int64_t>(threads));
  for (const int i : step.nodes) gradient_is_there(parameters[static_cast<size_t>(i)][0]);
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    if (sums_at[i + 1] == sums_at[i]) continue;
    std::vector<double>& total = d_sums_[static_cast<size_t>(step.inputs[i].buffer)];
    total.assign(sums_at[i + 1] - sums_at[i], 0.0);
    for (size_t t = 0; t < threads; ++t)
      for (size_t k = 0; k < total.size(); ++k) total[k] += sums[width * t + sums_at[i] + k];
  }
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
    const Images target = own_gradient(operand.buffer);
    if (operand.pool < 0) {
      const bool accumulate = begin_gradient(operand.buffer);
      parallel_images(count_, [&](int64_t, int64_t begin, int64_t end) {
        kernels_.add_gradient(flow.images, source, {.images = target, .accumulate = accumulate},
                              begin, end);
      });
      continue;
    }
    clear_gradient(operand.buffer);
    const kernels::Pool pool = pool_of(node(operand.pool));
    const uint8_t* const indices = chosen(s, i);
    parallel_images(count_, [&](int64_t, int64_t begin, int64_t end) {
      kernels_.pool_backward(pool, flow.images, source.mask, indices, target, begin, end);
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
    const bool accumulate = begin_gradient(operand.buffer);
    at::Tensor own = tensor_of(own_gradient(operand.buffer));
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
    gradient_is_there(wanted[p]);
  }
}

}  // namespace nas::child_trainer
