#include "child_trainer/plan_runner.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>

#include <map>

#include "child_trainer/plan_state.h"
#include "common/error.h"

namespace nas::child_trainer {

namespace {

// Where a loss's gradient enters the plan.
struct PlanBackward : torch::autograd::Node {
  std::shared_ptr<PlanState> state;
  int64_t pass = 0;

  torch::autograd::variable_list apply(torch::autograd::variable_list&& gradients) override {
    const at::NoGradGuard no_grad;
    if (pass != state->passes) {
      throw common::InternalError(
          {.where = "plan", .what = "backward after another forward pass of the same network"});
    }
    state->backward(gradients);
    return {};
  }
};

}  // namespace

PlanRunner::PlanRunner(search_space::NetworkGraph graph, NodeTensors parameters,
                       NodeTensors buffers, bool recompute)
    : state_(std::make_shared<PlanState>(std::move(graph), std::move(parameters),
                                         std::move(buffers), recompute)) {}

PlanRunner::~PlanRunner() = default;

Scores PlanRunner::forward(const at::Tensor& images, const Pass& pass) {
  const bool differentiate = pass.training && at::GradMode::is_enabled();
  Scores scores;
  {
    const at::NoGradGuard no_grad;
    state_->forward(images, pass);
    scores = state_->scores();
  }
  if (!differentiate) return scores;
  const auto node = std::make_shared<PlanBackward>();
  node->state = state_;
  node->pass = state_->passes;
  for (at::Tensor* output : {&scores.logits, &scores.auxiliary})
    if (output->defined()) torch::autograd::create_gradient_edge(*output, node);
  return scores;
}

}  // namespace nas::child_trainer
