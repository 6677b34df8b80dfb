// The weights of a convolution step, as the kernels read them, and their gradient.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "child_trainer/kernels/kernels.h"
#include "child_trainer/plan.h"

namespace nas::child_trainer {

class PackedConvolution {
 public:
  // depthwise: [C, 1, kh, kw], undefined for a dense convolution; dense: [out, in, kh, kw].
  PackedConvolution(const kernels::Kernels& kernels, const search_space::NetworkGraph& graph,
                    const PlanBuffer& input, const Step& step, const at::Tensor& depthwise,
                    const at::Tensor& dense);

  const kernels::ConvolutionShape& shape() const { return shape_; }
  kernels::ConvolutionWeights weights() const;
  // Reads the parameters anew.
  void pack();

  // Floats of the gradients of one thread.
  int64_t depthwise_floats() const { return depthwise_floats_; }
  int64_t dense_floats() const { return dense_floats_; }
  // Adds those of all threads, one after the other in `partial`, to the parameters' gradients.
  void add_gradients(const std::vector<float>& partial, int64_t threads) const;

 private:
  kernels::ConvolutionShape shape_;
  at::Tensor depthwise_parameter_;
  at::Tensor dense_parameter_;
  int64_t taps_;  // of the dense part
  int64_t in_pad_;
  int64_t out_pad_;
  int64_t depthwise_floats_;
  int64_t dense_floats_;
  std::vector<float> depthwise_, forward_, backward_;
};

}  // namespace nas::child_trainer
