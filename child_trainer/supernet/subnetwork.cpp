#include "child_trainer/supernet/subnetwork.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

namespace nas::child_trainer {

using search_space::SharedParameter;
using search_space::SharedSlice;

namespace {

struct UpdateLists {
  std::vector<at::Tensor> values, momenta, gradients;
};

void clip(const std::vector<Subnetwork::Update>& updates, double limit) {
  std::vector<at::Tensor> gradients;
  for (const auto& update : updates) gradients.push_back(update.gradient);
  const at::Tensor total = at::stack(at::_foreach_norm(gradients, 2)).norm();
  at::_foreach_mul_(gradients, at::clamp_max(limit / (total + 1e-6), 1.0));
}

}  // namespace

Subnetwork::Subnetwork(WeightBank& bank, search_space::NetworkGraph graph,
                       const TrainSettings& settings)
    : settings_(settings), network_(graph, find_parameters(bank, graph), bank.device()) {
  network_.use_kernels(settings.kernels == "auto");
}

std::vector<std::vector<at::Tensor>> Subnetwork::find_parameters(
    WeightBank& bank, const search_space::NetworkGraph& graph) {
  std::vector<std::vector<at::Tensor>> parameters(graph.nodes.size());
  const auto shared = search_space::shared_parameters(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& node = graph.nodes[i];
    for (size_t p = 0; p < node.parameters.size(); ++p) {
      const SharedParameter& parameter = shared[i][p];
      const auto& spec = node.parameters[p];
      if (parameter.dimension < 0) {
        whole_.push_back(&bank.entry(node, p, parameter.slices[0].key, spec.shape));
        parameters[i].push_back(whole_.back()->value);
        continue;
      }
      const auto options = at::TensorOptions().dtype(at::kFloat).device(bank.device());
      Joined joined{.tensor = at::empty(spec.shape, options), .dimension = parameter.dimension};
      if (spec.shape.size() == 4)
        joined.tensor = joined.tensor.contiguous(at::MemoryFormat::ChannelsLast);
      joined.tensor.set_requires_grad(true);
      for (const SharedSlice& slice : parameter.slices) {
        std::vector<int64_t> shape = spec.shape;
        shape[static_cast<size_t>(parameter.dimension)] = slice.count;
        joined.slices.emplace_back(&bank.entry(node, p, slice.key, shape), slice);
      }
      parameters[i].push_back(joined.tensor);
      joined_.push_back(std::move(joined));
    }
  }
  join();
  return parameters;
}

void Subnetwork::join() {
  const at::NoGradGuard no_grad;
  for (const Joined& joined : joined_) {
    for (const auto& [entry, slice] : joined.slices)
      joined.tensor.narrow(joined.dimension, slice.begin, slice.count).copy_(entry->value);
  }
}

std::vector<Subnetwork::Update> Subnetwork::take_gradients() {
  std::vector<Update> updates;
  const auto take = [](const at::Tensor& tensor) {
    return std::exchange(tensor.mutable_grad(), at::Tensor());
  };
  for (WeightBank::Entry* entry : whole_) {
    if (at::Tensor gradient = take(entry->value); gradient.defined())
      updates.push_back({entry, std::move(gradient)});
  }
  for (const Joined& joined : joined_) {
    const at::Tensor gradient = take(joined.tensor);
    if (!gradient.defined()) continue;
    for (const auto& [entry, slice] : joined.slices)
      updates.push_back({entry, gradient.narrow(joined.dimension, slice.begin, slice.count)});
  }
  return updates;
}

void Subnetwork::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  const std::vector<Update> updates = take_gradients();
  if (updates.empty()) return;
  if (settings_.clip > 0) clip(updates, settings_.clip);
  UpdateLists with_decay;
  UpdateLists others;
  for (const auto& [entry, gradient] : updates) {
    entry->trained = true;
    UpdateLists& lists = entry->decays() ? with_decay : others;
    lists.values.push_back(entry->value);
    lists.momenta.push_back(entry->momentum);
    lists.gradients.push_back(gradient);
  }
  for (UpdateLists* lists : {&with_decay, &others}) {
    if (lists->values.empty()) continue;
    if (lists == &with_decay && settings_.weight_decay > 0)
      at::_foreach_add_(lists->gradients, lists->values, settings_.weight_decay);
    at::_foreach_mul_(lists->momenta, settings_.momentum);
    at::_foreach_add_(lists->momenta, lists->gradients);
    at::_foreach_add_(lists->gradients, lists->momenta, settings_.momentum);
    at::_foreach_add_(lists->values, lists->gradients, -learning_rate);
  }
  join();
}

}  // namespace nas::child_trainer
