#include "child_trainer/distributed/replicas.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace nas::child_trainer {

namespace {

// All of them, one behind the other.
at::Tensor joined(const NamedTensors& tensors) {
  std::vector<at::Tensor> parts;
  for (const auto& [name, tensor] : tensors) parts.push_back(tensor.flatten());
  return parts.empty() ? at::Tensor() : at::cat(parts);
}

void part_into(const at::Tensor& values, const NamedTensors& tensors) {
  int64_t begin = 0;
  for (const auto& [name, tensor] : tensors) {
    tensor.copy_(values.narrow(0, begin, tensor.numel()).view_as(tensor));
    begin += tensor.numel();
  }
}

}  // namespace

void share_state(Communicator& communicator, Network& network, Optimizer& optimizer,
                 Progress& progress) {
  if (communicator.ranks() == 1) return;
  const at::NoGradGuard no_grad;
  for (const auto& group : optimizer.parameters().groups()) {
    if (!group.slots.empty()) communicator.broadcast(group.values);
  }
  for (const auto& momentum : optimizer.flat_momentum()) communicator.broadcast(momentum);
  if (const at::Tensor buffers = joined(network.buffers()); buffers.defined()) {
    communicator.broadcast(buffers);
    part_into(buffers, network.buffers());
  }
  const std::string text = broadcast_text(communicator, to_json(progress).dump());
  progress = progress_from_json(common::parse_json(text, "rank 0"), "rank 0");
}

void average_buffers(Communicator& communicator, Network& network) {
  if (communicator.ranks() == 1) return;
  const at::NoGradGuard no_grad;
  const at::Tensor buffers = joined(network.buffers());
  if (!buffers.defined()) return;
  communicator.all_reduce(buffers).get();
  part_into(buffers / static_cast<double>(communicator.ranks()), network.buffers());
}

}  // namespace nas::child_trainer
