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
  // parameters: weight and bias, or none: 1 and 0; buffers: running mean and variance.
  BatchNormState(const search_space::Node& node, const std::vector<at::Tensor>& parameters,
                 const std::vector<at::Tensor>& buffers);

  // By the running statistics.
  void use_running();
  // By the batch's: `sums` [2][channels] of z and of z^2 over so many values a channel; moves the
  // running ones.
  void use_batch(double values);
  // dz = a dy + b z + c, of the channels from `offset` on, from the sums of dy and of dy z, each
  // [2][so many] over `count` values a channel: `all` of all ranks. Adds the gradients of weight
  // and bias by this rank's `own`.
  void differentiate(double count, int64_t offset, const std::vector<double>& own,
                     const std::vector<double>& all);

  size_t channels() const { return scale.size(); }

  std::vector<float> scale, shift;
  std::vector<float> a, b, c;
  std::vector<double> sums;  // [2][channels]
  int waits_for = 0;         // convolutions whose statistics are still missing
  int convolutions = 0;
  double count = 0;  // values a channel of the last batch, of all ranks

  bool affine() const { return affine_; }
  const at::Tensor& weight() const { return weight_; }
  const at::Tensor& bias() const { return bias_; }

 private:
  double epsilon_;
  double momentum_;
  bool affine_;  // weight and bias are parameters
  at::Tensor weight_, bias_, running_mean_, running_var_;
  std::vector<double> mean_, inverse_;  // 1 / sqrt(v + epsilon)
};

// The gradient of a parameter, which is made where there is none, to be added to.
float* gradient_of(const at::Tensor& parameter);
// Tells who waits for it (a sum over ranks) that a backward pass has added to a gradient.
void gradient_is_there(const at::Tensor& parameter);

}  // namespace nas::child_trainer
