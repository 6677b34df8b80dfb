#include "child_trainer/packed_convolution.h"

#include <algorithm>

#include "child_trainer/batch_norm_state.h"
#include "child_trainer/parallel_images.h"

namespace nas::child_trainer {

PackedConvolution::PackedConvolution(const kernels::Kernels& kernels,
                                     const search_space::NetworkGraph& graph,
                                     const PlanBuffer& input, const Step& step,
                                     const at::Tensor& depthwise, const at::Tensor& dense)
    : depthwise_parameter_(depthwise), dense_parameter_(dense) {
  const auto node = [&](int i) -> const search_space::Node& {
    return graph.nodes[static_cast<size_t>(i)];
  };
  const bool separable = step.depthwise >= 0;
  const auto& windowed = node(separable ? step.depthwise : step.convolution);
  const auto& output = node(step.convolution).shape;
  const auto& a = windowed.attributes;
  shape_ = {.height = input.shape.height,
            .width = input.shape.width,
            .channels = windowed.parameters[0].shape[1] * a.groups,
            .out_height = output.height,
            .out_width = output.width,
            .out_channels = output.channels,
            .kernel_h = a.kernel_h,
            .kernel_w = a.kernel_w,
            .stride_h = a.stride_h,
            .stride_w = a.stride_w,
            .dilation = a.dilation,
            .top = a.top - step.inputs[0].top,
            .left = a.left - step.inputs[0].left,
            .depthwise = separable};
  const int64_t padding = kernels.padding(shape_);
  taps_ = separable ? 1 : shape_.taps();
  in_pad_ = kernels.padded(shape_.channels, padding);
  out_pad_ = kernels.padded(shape_.out_channels, padding);
  depthwise_floats_ = separable ? shape_.taps() * in_pad_ : 0;
  dense_floats_ = taps_ * in_pad_ * out_pad_;
  depthwise_.assign(static_cast<size_t>(depthwise_floats_), 0.0F);
  forward_.assign(static_cast<size_t>(taps_ * shape_.channels * out_pad_), 0.0F);
  backward_.assign(static_cast<size_t>(taps_ * shape_.out_channels * in_pad_), 0.0F);
}

kernels::ConvolutionWeights PackedConvolution::weights() const {
  return {.depthwise = depthwise_.data(), .forward = forward_.data(), .backward = backward_.data()};
}

// Parameters are dense in channels-last order: [out, kh, kw, in].
void PackedConvolution::pack() {
  const int64_t in = shape_.channels;
  const int64_t out = shape_.out_channels;
  if (depthwise_floats_ > 0) {
    const float* from = depthwise_parameter_.const_data_ptr<float>();
    for (int64_t c = 0; c < in; ++c)
      for (int64_t t = 0; t < shape_.taps(); ++t)
        depthwise_[static_cast<size_t>(t * in_pad_ + c)] = from[c * shape_.taps() + t];
  }
  const float* from = dense_parameter_.const_data_ptr<float>();
  parallel_images(taps_ * in, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      for (int64_t o = 0; o < out; ++o)
        forward_[static_cast<size_t>(row * out_pad_ + o)] = from[o * taps_ * in + row];
  });
  parallel_images(taps_ * out, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* weights = from + (row % out * taps_ + row / out) * in;
      std::copy(weights, weights + in, backward_.begin() + row * in_pad_);
    }
  });
}

void PackedConvolution::add_gradients(const std::vector<float>& partial, int64_t threads) const {
  const int64_t stride = depthwise_floats_ + dense_floats_;
  const int64_t in = shape_.channels;
  if (depthwise_floats_ > 0) {
    float* to = gradient_of(depthwise_parameter_);
    for (int64_t thread = 0; thread < threads; ++thread) {
      const float* sums = partial.data() + thread * stride;
      for (int64_t c = 0; c < in; ++c)
        for (int64_t t = 0; t < shape_.taps(); ++t)
          to[c * shape_.taps() + t] += sums[t * in_pad_ + c];
    }
  }
  float* to = gradient_of(dense_parameter_);
  parallel_images(shape_.out_channels, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t thread = 0; thread < threads; ++thread) {
      const float* sums = partial.data() + thread * stride + depthwise_floats_;
      for (int64_t t = 0; t < taps_; ++t)
        for (int64_t i = 0; i < in; ++i)
          for (int64_t o = begin; o < end; ++o)
            to[(o * taps_ + t) * in + i] += sums[(t * in_pad_ + i) * out_pad_ + o];
    }
  });
}

}  // namespace nas::child_trainer
