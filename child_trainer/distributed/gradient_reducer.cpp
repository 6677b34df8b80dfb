#include "child_trainer/distributed/gradient_reducer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace nas::child_trainer {

// LibTorch calls it when a backward pass has added to a parameter's gradient.
class GradientReducer::Hook : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(GradientReducer& reducer, size_t bucket) : reducer_(reducer), bucket_(bucket) {}
  void operator()(const at::Tensor&) override { reducer_.complete(bucket_); }

 private:
  GradientReducer& reducer_;
  size_t bucket_;
};

GradientReducer::GradientReducer(const FlatParameters& parameters, Communicator& communicator,
                                 int64_t bucket_bytes)
    : communicator_(communicator) {
  if (communicator.ranks() == 1) return;
  for (const auto& group : parameters.groups()) add_buckets(group, bucket_bytes);
}

GradientReducer::~GradientReducer() {
  for (const auto& parameter : hooked_)
    torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientReducer::add_buckets(const FlatGroup& group, int64_t bucket_bytes) {
  if (group.slots.empty()) return;
  const int64_t most = bucket_bytes / group.values.element_size();
  int64_t begin = 0;
  int64_t parameters = 0;
  for (size_t i = 0; i < group.slots.size(); ++i) {
    const FlatSlot& slot = group.slots[i];
    torch::autograd::impl::set_post_acc_grad_hooks(slot.parameter,
                                                   std::make_unique<Hook>(*this, buckets_.size()));
    hooked_.push_back(slot.parameter);
    ++parameters;
    const bool last = i + 1 == group.slots.size();
    const int64_t end = last ? group.values.numel() : group.slots[i + 1].begin;
    if (!last && end + group.slots[i + 1].count - begin <= most) continue;
    buckets_.push_back({.gradients = group.gradients.narrow(0, begin, end - begin),
                        .parameters = parameters,
                        .missing = 0});
    begin = end;
    parameters = 0;
  }
}

void GradientReducer::expect() {
  for (auto& bucket : buckets_) bucket.missing = bucket.parameters;
  begun_.clear();
  expecting_ = true;
}

void GradientReducer::complete(size_t bucket) {
  if (!expecting_) return;
  --buckets_[bucket].missing;
  while (begun_.size() < buckets_.size() && buckets_[begun_.size()].missing == 0) start_next();
}

void GradientReducer::start_next() {
  begun_.push_back(communicator_.all_reduce(buckets_[begun_.size()].gradients));
}

void GradientReducer::finish() {
  expecting_ = false;
  while (begun_.size() < buckets_.size()) start_next();
  for (auto& sum : begun_) sum.get();
  begun_.clear();
}

}  // namespace nas::child_trainer
