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
  for (const Slot& slot : slots_) {
    by_node_[slot.node] =
        values_.narrow(0, slot.begin, slot.count).view(mask_shape(graph.nodes[slot.node], samples));
  }
}

void StepMasks::draw(const Pass& pass) {
  if (slots_.empty()) return;
  Pass drawn = pass;
  drawn.training = true;
  drawn.masks = nullptr;
  const at::Tensor host = at::ones({values_.numel()});
  for (const Slot& slot : slots_) {
    const at::Tensor mask = random_mask(graph_.nodes[slot.node], slot.node, drawn, samples_);
    if (mask.defined()) host.narrow(0, slot.begin, slot.count).copy_(mask.flatten());
  }
  values_.copy_(upload(host, values_.device()));
}

}  // namespace nas::child_trainer
