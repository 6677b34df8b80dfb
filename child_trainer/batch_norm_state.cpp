#include "child_trainer/batch_norm_state.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>

namespace nas::child_trainer {

BatchNormState::BatchNormState(const search_space::Node& node,
                               const std::vector<at::Tensor>& parameters,
                               const std::vector<at::Tensor>& buffers)
    : epsilon_(node.attributes.epsilon),
      momentum_(node.attributes.momentum),
      affine_(!parameters.empty()),
      weight_(affine_ ? parameters[0] : at::ones({node.shape.channels})),
      bias_(affine_ ? parameters[1] : at::zeros({node.shape.channels})),
      running_mean_(buffers[0]),
      running_var_(buffers[1]) {
  const auto width = static_cast<size_t>(node.shape.channels);
  for (auto* values : {&scale, &shift, &a, &b, &c}) values->resize(width);
  sums.resize(2 * width);
  mean_.resize(width);
  inverse_.resize(width);
}

void BatchNormState::use_running() {
  const float* mean = running_mean_.const_data_ptr<float>();
  const float* variance = running_var_.const_data_ptr<float>();
  for (size_t i = 0; i < channels(); ++i) {
    const double factor = weight_.const_data_ptr<float>()[i] / std::sqrt(variance[i] + epsilon_);
    scale[i] = static_cast<float>(factor);
    shift[i] = static_cast<float>(bias_.const_data_ptr<float>()[i] - mean[i] * factor);
  }
}

void BatchNormState::use_batch(double values) {
  count = values;
  auto* running_mean = running_mean_.data_ptr<float>();
  auto* running_var = running_var_.data_ptr<float>();
  for (size_t i = 0; i < channels(); ++i) {
    const double mean = sums[i] / values;
    // What is not a number stays so.
    const double spread = sums[channels() + i] / values - mean * mean;
    const double variance = spread < 0 ? 0 : spread;
    mean_[i] = mean;
    inverse_[i] = 1.0 / std::sqrt(variance + epsilon_);
    const double factor = weight_.const_data_ptr<float>()[i] * inverse_[i];
    scale[i] = static_cast<float>(factor);
    shift[i] = static_cast<float>(bias_.const_data_ptr<float>()[i] - mean * factor);
    const double unbiased = values > 1 ? variance * values / (values - 1) : variance;
    running_mean[i] += static_cast<float>(momentum_ * (mean - running_mean[i]));
    running_var[i] += static_cast<float>(momentum_ * (unbiased - running_var[i]));
  }
}

void BatchNormState::differentiate(double values, int64_t offset, const std::vector<double>& own,
                                   const std::vector<double>& all) {
  float* d_weight = affine_ ? gradient_of(weight_) : nullptr;
  float* d_bias = affine_ ? gradient_of(bias_) : nullptr;
  const size_t width = own.size() / 2;
  for (size_t k = 0; k < width; ++k) {
    const size_t i = static_cast<size_t>(offset) + k;
    const auto normalised = [&](const std::vector<double>& d) {
      return (d[width + k] - mean_[i] * d[k]) * inverse_[i];
    };
    const double factor = weight_.const_data_ptr<float>()[i] * inverse_[i];
    const double slope = -factor * inverse_[i] * normalised(all) / values;
    if (affine_) {
      d_weight[i] += static_cast<float>(normalised(own));
      d_bias[i] += static_cast<float>(own[k]);
    }
    a[i] = static_cast<float>(factor);
    b[i] = static_cast<float>(slope);
    c[i] = static_cast<float>(-factor * all[k] / values - slope * mean_[i]);
  }
}

float* gradient_of(const at::Tensor& parameter) {
  at::Tensor& gradient = parameter.mutable_grad();
  if (!gradient.defined()) gradient = at::zeros_like(parameter);
  return gradient.data_ptr<float>();
}

void gradient_is_there(const at::Tensor& parameter) {
  const auto& hook = torch::autograd::impl::post_acc_grad_hooks(parameter);
  if (hook) (*hook)(parameter);
}

}  // namespace nas::child_trainer
