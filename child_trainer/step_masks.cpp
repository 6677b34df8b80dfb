#include "child_trainer/step_masks.h"

#include <ATen/ATen.h>

#include "child_trainer/device.h"

namespace nas::child_trainer {

using search_space::Primitive;

StepMasks::StepMasks(const search_space::NetworkGraph& graph, int64_t samples, at::Device device)
    : graph_(graph), samples_(samples), by_node_(graph.nodes.size()) {
  int64_t total = 0;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Primitive kind = graph.nodes[i].kind;
    if (kind != Primitive::kDropout && kind != Primitive::kDropPath) continue;
    const int64_t count = c10::multiply_integers(mask_shape(graph.nodes[i], samples));
    slots_.push_back({.node = i, .begin = total, .count = count});
    total += count;
  }
  values_ = at::ones({total}, device);
}

bool StepMasks::draw(const Pass& pass) {
  Pass drawn = pass;
  drawn.training = true;
  drawn.masks = nullptr;
  const at::Tensor host = at::ones({values_.numel()});
  bool same = true;
  for (const Slot& slot : slots_) {
    const auto& node = graph_.nodes[slot.node];
    const at::Tensor mask = random_mask(node, slot.node, drawn, samples_);
    at::Tensor& place = by_node_[slot.node];
    same = same && mask.defined() == place.defined();
    place = mask.defined() ? values_.narrow(0, slot.begin, slot.count).view(mask.sizes())
                           : at::Tensor();
    if (mask.defined()) host.narrow(0, slot.begin, slot.count).copy_(mask.flatten());
  }
  if (!slots_.empty()) values_.copy_(upload(host, values_.device()));
  return same;
}

}  // namespace nas::child_trainer
