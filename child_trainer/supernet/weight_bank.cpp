#include "child_trainer/supernet/weight_bank.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "child_trainer/initial_parameter.h"
#include "common/error.h"
#include "common/text.h"

namespace nas::child_trainer {

namespace {

const std::string kWeights = "weights/";
const std::string kMomentum = "momentum/";

at::Tensor restored(const common::StoredTensor& stored, at::Device device) {
  at::Tensor value = load_tensor(stored);
  if (value.dim() == 4) value = value.contiguous(at::MemoryFormat::ChannelsLast);
  return value.to(device);
}

}  // namespace

bool WeightBank::Entry::decays() const { return value.dim() > 1; }

WeightBank::Entry& WeightBank::entry(const search_space::Node& node, size_t parameter,
                                     const std::string& key, const std::vector<int64_t>& shape) {
  if (const auto found = entries_.find(key); found != entries_.end()) return found->second;
  const at::Tensor value = initial_parameter(node, parameter, key, shape, device_, {.seed = seed_});
  return entries_[key] = {
             .value = value, .momentum = at::zeros_like(value).detach(), .trained = false};
}

int64_t WeightBank::parameters() const {
  int64_t count = 0;
  for (const auto& [key, entry] : entries_) count += entry.trained ? entry.value.numel() : 0;
  return count;
}

NamedTensors WeightBank::state() const {
  NamedTensors state;
  for (const auto& [key, entry] : entries_) {
    if (!entry.trained) continue;
    state[kWeights + key] = entry.value;
    state[kMomentum + key] = entry.momentum;
  }
  return state;
}

void WeightBank::load(const std::map<std::string, common::StoredTensor>& stored,
                      const std::string& where) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : stored) {
    if (!common::starts_with(name, kWeights)) continue;
    const std::string key = name.substr(kWeights.size());
    const auto momentum = stored.find(kMomentum + key);
    if (momentum == stored.end() || momentum->second.shape != tensor.shape) {
      throw common::DataError(
          {.where = where, .what = "shared weights without their momentum", .got = key});
    }
    const at::Tensor value = restored(tensor, device_);
    const at::Tensor motion = restored(momentum->second, device_);
    const auto [found, is_new] = entries_.try_emplace(key);
    Entry& entry = found->second;
    entry.trained = true;
    if (is_new) {
      entry = {.value = value.set_requires_grad(true), .momentum = motion, .trained = true};
    } else if (entry.value.sizes() == value.sizes()) {
      entry.value.copy_(value);
      entry.momentum.copy_(motion);
    } else {
      throw common::DataError(
          {.where = where, .what = "shared weights of another shape", .got = key});
    }
  }
}

}  // namespace nas::child_trainer
