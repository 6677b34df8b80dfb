#include "child_trainer/batch_norm_state.h"

#include <ATen/ATen.h>

#include <cmath>

namespace nas::child_trainer {

BatchNormState::BatchNormState(const search_space::Node& node,
                               const std::vector<at::Tensor>& parameters,
                               const std::vector<at::Tensor>& buffers)
    : epsilon_(node.attributes.epsilon),
      momentum_(node.attributes.momentum),
      weight_(parameters[0]),
      bias_(parameters[1]),
      running_mean_(buffers[0]),
      running_var_(buffers[1]) {
  const auto count = static_cast<size_t>(node.shape.channels);
  for (auto* values : {&scale, &shift, &a, &b, &c}) values->resize(count);
  sums.resize(2 * count);
  mean_.resize(count);
  inverse_.resize(count);
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

void BatchNormState::use_batch(double count) {
  auto* running_mean = running_mean_.data_ptr<float>();
  auto* running_var = running_var_.data_ptr<float>();
  for (size_t i = 0; i < channels(); ++i) {
    const double mean = sums[i] / count;
    // What is not a number stays so.
    const double spread = sums[channels() + i] / count - mean * mean;
    const double variance = spread < 0 ? 0 : spread;
    mean_[i] = mean;
    inverse_[i] = 1.0 / std::sqrt(variance + epsilon_);
    const double factor = weight_.const_data_ptr<float>()[i] * inverse_[i];
    scale[i] = static_cast<float>(factor);
    shift[i] = static_cast<float>(bias_.const_data_ptr<float>()[i] - mean * factor);
    const double unbiased = count > 1 ? variance * count / (count - 1) : variance;
    running_mean[i] += static_cast<float>(momentum_ * (mean - running_mean[i]));
    running_var[i] += static_cast<float>(momentum_ * (unbiased - running_var[i]));
  }
}

void BatchNormState::differentiate(double count, int64_t offset,
                                   const std::vector<double>& d_sums) {
  float* d_weight = gradient_of(weight_);
  float* d_bias = gradient_of(bias_);
  const size_t width = d_sums.size() / 2;
  for (size_t k = 0; k < width; ++k) {
    const size_t i = static_cast<size_t>(offset) + k;
    const double of_dy = d_sums[k];
    const double of_normalised = (d_sums[width + k] - mean_[i] * of_dy) * inverse_[i];
    const double factor = weight_.const_data_ptr<float>()[i] * inverse_[i];
    const double slope = -factor * inverse_[i] * of_normalised / count;
    d_weight[i] += static_cast<float>(of_normalised);
    d_bias[i] += static_cast<float>(of_dy);
    a[i] = static_cast<float>(factor);
    b[i] = static_cast<float>(slope);
    c[i] = static_cast<float>(-factor * of_dy / count - slope * mean_[i]);
  }
}

float* gradient_of(const at::Tensor& parameter) {
  at::Tensor& gradient = parameter.mutable_grad();
  if (!gradient.defined()) gradient = at::zeros_like(parameter);
  return gradient.data_ptr<float>();
}

}  // namespace nas::child_trainer
