#include "child_trainer/plan_state.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "child_trainer/distributed/communicator.h"
#include "child_trainer/parallel_images.h"
#include "common/error.h"

namespace nas::child_trainer {

using kernels::Images;

PlanState::PlanState(search_space::NetworkGraph network, NodeTensors node_parameters,
                     NodeTensors node_buffers, bool recompute)
    : graph(std::move(network)),
      plan(fuse(graph, recompute)),
      parameters(std::move(node_parameters)),
      buffers(std::move(node_buffers)),
      kernels_(kernels::best()),
      convolutions_(plan.steps.size()),
      reads_(plan.buffers.size(), 0),
      last_read_(plan.buffers.size(), -1) {
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    for (const Operand& input : step.inputs) {
      ++reads_[static_cast<size_t>(input.buffer)];
      last_read_[static_cast<size_t>(input.buffer)] = static_cast<int>(s);
    }
    if (step.kind != Step::Kind::kConvolution) continue;
    const auto weight = [&](int i) {
      return i < 0 ? at::Tensor() : parameters[static_cast<size_t>(i)][0];
    };
    convolutions_[s] =
        std::make_unique<PackedConvolution>(kernels_, graph, buffer(step.inputs[0].buffer), step,
                                            weight(step.depthwise), weight(step.convolution));
    if (step.batch_norm < 0) continue;
    auto& norm = batch_norms_[step.batch_norm];
    const auto i = static_cast<size_t>(step.batch_norm);
    if (!norm)
      norm = std::make_unique<BatchNormState>(node(step.batch_norm), parameters[i], buffers[i]);
    ++norm->convolutions;
  }
}

Images PlanState::images_at(char* data, int b) const {
  const search_space::Shape& shape = buffer(b).shape;
  return {.data = reinterpret_cast<float*>(data),
          .height = shape.height,
          .width = shape.width,
          .channels = shape.channels,
          .pixel_stride = shape.channels};
}

Images PlanState::value(int b) const {
  char* data = nullptr;
  if (b == 0)
    data = reinterpret_cast<char*>(const_cast<float*>(image_.const_data_ptr<float>()));
  else if (buffer(b).torch)
    data = reinterpret_cast<char*>(torch_values_.at(b).data_ptr<float>());
  else
    data = block_.data() + places().values[static_cast<size_t>(b)];
  return images_at(data, b);
}

uint8_t* PlanState::chosen(size_t s, size_t input) const {
  const int64_t offset = places().chosen[s][input];
  return offset < 0 ? nullptr : reinterpret_cast<uint8_t*>(block_.data() + offset);
}

Images PlanState::own_gradient(int b) const {
  return images_at(block_.data() + memory_.gradients[static_cast<size_t>(b)], b);
}

PlanState::Flow PlanState::gradient(int b, int64_t channel, int64_t channels) {
  const PlanBuffer& place = buffer(b);
  if (place.gradient_of_step < 0) {
    clear_gradient(b);  // where nobody who reads the value has a gradient for it
    Images part = own_gradient(b);
    part.data += channel;
    part.channels = channels;
    return {part, nullptr};
  }
  const Step& sum = plan.steps[static_cast<size_t>(place.gradient_of_step)];
  Flow flow = gradient(sum.buffer, sum.channel + channel, channels);
  flow.mask = product(flow.mask, drop_path(place.drop_path));
  return flow;
}

at::Tensor PlanState::tensor_of(const Images& x) const {
  const int64_t row = x.width * x.pixel_stride;
  return at::from_blob(x.data, {count_, x.channels, x.height, x.width},
                       {x.height * row, 1, row, x.pixel_stride}, at::kFloat);
}

const float* PlanState::drop_path(int i) {
  if (i < 0) return nullptr;
  auto found = masks_.find(i);
  if (found == masks_.end()) {
    const auto index = static_cast<uint64_t>(i);
    found = masks_.emplace(i, random_mask(node(i), index, pass_, count_)).first;
  }
  return found->second.defined() ? found->second.data_ptr<float>() : nullptr;
}

const float* PlanState::product(const float* a, const float* b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  std::vector<float>& values = products_.emplace_back(a, a + count_);
  for (size_t n = 0; n < values.size(); ++n) values[n] *= b[n];
  return values.data();
}

kernels::Source PlanState::source_of(const Operand& operand) {
  kernels::Source source{
      .images = value(operand.buffer), .mask = drop_path(operand.drop_path), .relu = operand.relu};
  if (operand.batch_norm >= 0) {
    const BatchNormState& norm = batch_norm(operand.batch_norm);
    source.scale = norm.scale.data() + operand.batch_norm_offset;
    source.shift = norm.shift.data() + operand.batch_norm_offset;
  }
  return source;
}

void PlanState::forward(const at::Tensor& input, const Pass& pass) {
  const search_space::Shape& shape = graph.nodes[0].shape;
  if (input.dim() != 4 || input.size(1) != shape.channels || input.size(2) != shape.height ||
      input.size(3) != shape.width) {
    throw common::InternalError({.where = "plan", .what = "images of another shape"});
  }
  ++passes;
  pass_ = pass;
  synchronise_ = pass.synchronise;
  count_ = input.size(0);
  image_ = input.contiguous(at::MemoryFormat::ChannelsLast);
  if (memory_for_ != std::pair{count_, pass.training}) {
    memory_ = place_buffers(graph, plan, count_, pass.training);
    memory_for_ = {count_, pass.training};
  }
  block_.reserve(memory_.bytes);
  torch_values_.clear();
  torch_steps_.clear();
  masks_.clear();
  products_.clear();
  for (auto& [i, norm] : batch_norms_) {
    norm->waits_for = norm->convolutions;
    norm->sums.assign(norm->sums.size(), 0.0);
    if (!pass.training) norm->use_running();
  }
  for (size_t s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    if (step.auxiliary && !pass.training) continue;
    run_step(s);
    for (const Operand& operand : step.inputs)
      if (!buffer(operand.buffer).kept &&
          last_read_[static_cast<size_t>(operand.buffer)] == static_cast<int>(s))
        torch_values_.erase(operand.buffer);
  }
  // Masks that only the backward pass asks for.
  for (const Step& step : plan.steps)
    for (const Operand& operand : step.inputs) drop_path(operand.drop_path);
}

void PlanState::run_step(size_t s) {
  switch (plan.steps[s].kind) {
    case Step::Kind::kConvolution:
      return run_convolution(s);
    case Step::Kind::kSum:
      return run_sum(s);
    case Step::Kind::kTorch:
      return run_torch(s);
  }
}

void PlanState::sum_over_ranks(std::vector<double>& values) const {
  if (synchronise_ == nullptr) return;
  const auto count = static_cast<int64_t>(values.size());
  synchronise_->all_reduce(at::from_blob(values.data(), {count}, at::kDouble)).get();
}

void PlanState::run_convolution(size_t s) {
  const Step& step = plan.steps[s];
  PackedConvolution& convolution = *convolutions_[s];
  if (!pass_.repeated) convolution.pack();
  std::vector<kernels::Source> inputs;
  for (const Operand& operand : step.inputs) inputs.push_back(source_of(operand));
  const kernels::ConvolutionForward task{.shape = convolution.shape(),
                                         .inputs = inputs.data(),
                                         .parts = static_cast<int64_t>(inputs.size()),
                                         .weights = convolution.weights(),
                                         .output = value(step.buffer)};
  const bool statistics = step.batch_norm >= 0 && pass_.training && !pass_.repeated;
  const auto width = static_cast<size_t>(2 * step.channels);
  std::vector<double> sums(statistics ? width * static_cast<size_t>(image_threads()) : 0, 0.0);
  const int64_t floats = kernels_.scratch(task.shape);
  parallel_images(count_, [&](int64_t thread, int64_t begin, int64_t end) {
    kernels::ConvolutionForward mine = task;
    if (statistics) mine.sums = sums.data() + width * static_cast<size_t>(thread);
    kernels_.convolution_forward(mine, begin, end, thread_scratch(floats));
  });
  if (!statistics) return;
  BatchNormState& norm = batch_norm(step.batch_norm);
  const auto offset = static_cast<size_t>(step.batch_norm_offset);
  const auto channels = static_cast<size_t>(step.channels);
  for (size_t i = 0; i < sums.size(); ++i) {
    const size_t row = i % width / channels;
    norm.sums[row * norm.channels() + offset + i % channels] += sums[i];
  }
  const search_space::Shape& shape = buffer(step.buffer).shape;
  if (--norm.waits_for > 0) return;
  std::vector<double> all = norm.sums;
  all.push_back(static_cast<double>(count_ * shape.height * shape.width));
  sum_over_ranks(all);
  const double values = all.back();
  all.pop_back();
  norm.sums = all;
  norm.use_batch(values);
}

kernels::Pool pool_of(const search_space::Node& node) {
  const auto& a = node.attributes;
  return {.max = node.kind == search_space::Primitive::kMaxPool,
          .kernel = a.kernel_h,
          .stride = a.stride_h,
          .top = a.top,
          .left = a.left};
}

void PlanState::run_sum(size_t s) {
  const Step& step = plan.steps[s];
  std::vector<kernels::Source> plain;
  struct Pooled {
    kernels::Pool pool;
    kernels::Source source;
    uint8_t* chosen;
  };
  std::vector<Pooled> pooled;
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    const Operand& operand = step.inputs[i];
    if (operand.pool < 0) {
      plain.push_back(source_of(operand));
      continue;
    }
    pooled.push_back({pool_of(node(operand.pool)), source_of(operand), chosen(s, i)});
  }
  Images output = value(step.buffer);
  output.data += step.channel;
  output.channels = step.channels;
  parallel_images(count_, [&](int64_t, int64_t begin, int64_t end) {
    // Image by image, as the sum stays in the caches.
    for (int64_t n = begin; n < end; ++n) {
      bool accumulate = !plain.empty();
      if (accumulate)
        kernels_.sum(plain.data(), static_cast<int64_t>(plain.size()), output, n, n + 1);
      for (const Pooled& p : pooled) {
        kernels_.pool_forward(p.pool, p.source, output, p.chosen, accumulate, n, n + 1);
        accumulate = true;
      }
    }
  });
}

void PlanState::run_torch(size_t s) {
  const Step& step = plan.steps[s];
  const auto i = static_cast<size_t>(step.nodes[0]);
  const bool differentiate = pass_.training && (pass_.repeated || !step.recomputed);
  const at::AutoGradMode mode(differentiate);
  TorchStep& saved = torch_steps_[s];
  for (const Operand& operand : step.inputs) {
    at::Tensor x = tensor_of(value(operand.buffer));
    if (differentiate && operand.buffer != 0) x.set_requires_grad(true);
    saved.inputs.push_back(x);
  }
  saved.output = run_primitive(saved.inputs, {graph.nodes[i], parameters[i], buffers[i], pass_, i});
  at::Tensor detached = saved.output.detach();
  // Dropout in evaluation, say, gives its input itself, whose place in the block has other uses.
  for (const at::Tensor& x : saved.inputs)
    if (detached.is_alias_of(x)) detached = detached.clone();
  torch_values_[step.buffer] = detached.dim() == 4
                                   ? detached.contiguous(at::MemoryFormat::ChannelsLast)
                                   : detached.contiguous();
  if (!differentiate) torch_steps_.erase(s);
}

Scores PlanState::scores() const {
  const auto rows = [&](int b) { return tensor_of(value(b)).flatten(1).clone(); };
  Scores scores{.logits = rows(plan.logits), .auxiliary = {}};
  if (plan.auxiliary_logits >= 0 && memory_for_.second)
    scores.auxiliary = rows(plan.auxiliary_logits);
  return scores;
}

}  // namespace nas::child_trainer
