#include "controller/adam.h"

#include <ATen/core/grad_mode.h>
#include <cmath>

namespace nas::controller {

Adam::Adam(const NamedTensors& parameters, const AdamOptions& options)
    : options_(options), parameters_(parameters) {
  for (const auto& [name, parameter] : parameters_) {
    means_.emplace_back(name, at::zeros(parameter.sizes(), parameter.scalar_type()));
    squares_.emplace_back(name, at::zeros(parameter.sizes(), parameter.scalar_type()));
  }
}

void Adam::step() {
  const at::NoGradGuard no_grad;
  ++steps_;
  const auto steps = static_cast<double>(steps_);
  const double rate = options_.learning_rate / (1.0 - std::pow(options_.beta1, steps));
  const double root = std::sqrt(1.0 - std::pow(options_.beta2, steps));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& parameter = parameters_[i].second;
    const at::Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    const at::Tensor& mean = means_[i].second;
    const at::Tensor& square = squares_[i].second;
    mean.mul_(options_.beta1).add_(gradient, 1.0 - options_.beta1);
    square.mul_(options_.beta2).addcmul_(gradient, gradient, 1.0 - options_.beta2);
    parameter.addcdiv_(mean, square.sqrt().div_(root).add_(options_.epsilon), -rate);
    parameter.mutable_grad().reset();
  }
}

common::Json Adam::save() const {
  common::Json json = common::Json::object();
  json["steps"] = steps_;
  json["means"] = tensors_to_json(means_);
  json["squares"] = tensors_to_json(squares_);
  return json;
}

void Adam::load(const common::Json& json) {
  steps_ = common::json_get<int64_t>(json, "steps", kStateName);
  tensors_from_json(common::json_get<common::Json>(json, "means", kStateName), means_);
  tensors_from_json(common::json_get<common::Json>(json, "squares", kStateName), squares_);
}

}  // namespace nas::controller
