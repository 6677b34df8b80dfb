// A batch norm whose application is left to the readers of its input: scale and shift a channel
// forward, three coefficients a channel backward.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "search_space/network_graph.h"

namespace nas::child_trainer {

// Ioffe and Szegedy 2015. With z the input, m and v its mean and variance over the batch:
// y = scale z + shift, scale = weight / sqrt(v + epsilon), shift = bias - m scale.
struct BatchNormState {
  // parameters: weight and bias; buffers: running mean and variance.
  BatchNormState(const search_space::Node& node, const std::vector<at::Tensor>& parameters,
                 const std::vector<at::Tensor>& buffers);

  // By the running statistics.
  void use_running();
  // By the batch's: `sums` [2][channels] of z and of z^2 over `count` values a channel; moves the
  // running ones.
  void use_batch(double count);
  // dz = a dy + b z + c, and the gradients of weight and bias, of the channels from `offset` on;
  // d_sums [2][so many]: of dy and of dy z.
  void differentiate(double count, int64_t offset, const std::vector<double>& d_sums);

  size_t channels() const { return scale.size(); }

  std::vector<float> scale, shift;
  std::vector<float> a, b, c;
  std::vector<double> sums;  // [2][channels]
  int waits_for = 0;         // convolutions whose statistics are still missing
  int convolutions = 0;

 private:
  double epsilon_;
  double momentum_;
  at::Tensor weight_, bias_, running_mean_, running_var_;
  std::vector<double> mean_, inverse_;  // 1 / sqrt(v + epsilon)
};

// Adds to the gradient of a parameter, which is made where there is none.
float* gradient_of(const at::Tensor& parameter);

}  // namespace nas::child_trainer
