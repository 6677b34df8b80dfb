// The gradients of a convolution of one image. What is between its input and its output is computed
// anew.
#pragma once

#include "child_trainer/kernels/convolution_layout.h"

namespace nas::child_trainer::kernels::NAS_ISA {

// Rows [y, y + rows) of the output's gradient, of whole vectors, to `out`.
template <int W>
inline void read_gradient(const Layout& l, const Gradient& gradient, int64_t n, int64_t y,
                          int64_t rows, float* out, int64_t out_row) {
  const ConvolutionShape& s = l.s;
  const bool normalised = gradient.a != nullptr;
  const Vector<W> mask = broadcast<W>(mask_of(gradient.mask, n));
  for (int64_t c = 0; c < s.out_channels; c += W) {
    const int64_t left = s.out_channels - c;
    Vector<W> a = mask;
    Vector<W> b{};
    Vector<W> shift{};
    if (normalised) {
      a = load_channels<W>(gradient.a + c, left) * mask;
      b = load_channels<W>(gradient.b + c, left);
      shift = load_channels<W>(gradient.c + c, left);
    }
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t first = (y + r) * s.out_width;
      const float* d = image_of(gradient.dy, n) + first * gradient.dy.pixel_stride + c;
      float* o = out + r * out_row + c;
      if (!normalised) {
        for (int64_t x = 0; x < s.out_width; ++x, d += gradient.dy.pixel_stride, o += l.out_pad)
          store<W>(o, load_channels<W>(d, left) * a);
        continue;
      }
      const float* z = image_of(gradient.z, n) + first * gradient.z.pixel_stride + c;
      for (int64_t x = 0; x < s.out_width; ++x, o += l.out_pad) {
        store<W>(o, load_channels<W>(d, left) * a + load_channels<W>(z, left) * b + shift);
        d += gradient.dy.pixel_stride;
        z += gradient.z.pixel_stride;
      }
    }
  }
}

// A row of the input's gradient to the targets, through the ReLUs.
template <int W>
inline void write_targets(const Layout& l, const ConvolutionBackward& task, const float* row,
                          const float* activated, int64_t n, int64_t y) {
  const int64_t width = l.s.width;
  for (int64_t part = 0, channel = 0; part < task.parts; ++part) {
    const Source& source = task.inputs[part];
    const Target& target = task.targets[part];
    const int64_t channels = source.images.channels;
    const bool masked = source.relu && activated != nullptr;
    const bool sums = target.batch_norm != nullptr;
    if (target.images.data == nullptr) {
      channel += channels;
      continue;
    }
    const int64_t step = target.images.pixel_stride;
    const int64_t in_step = source.images.pixel_stride;
    for (int64_t begin = 0; begin < width; begin += kPixelsInFloats) {
      const int64_t end = smaller(width, begin + kPixelsInFloats);
      for (int64_t c = 0; c < channels; c += W) {
        const int64_t left = channels - c;
        const float* d_row = row + begin * l.in_pad + channel + c;
        const float* active = masked ? activated + begin * l.in_pad + channel + c : d_row;
        float* out = image_of(target.images, n) + (y * width + begin) * step + c;
        const float* in = image_of(source.images, n) + (y * width + begin) * in_step + c;
        Vector<W> sum{};
        Vector<W> product{};
        for (int64_t x = begin; x < end; ++x) {
          Vector<W> d = load<W>(d_row);
          if (masked) d = load<W>(active) > 0.0F ? d : Vector<W>{};
          if (sums) {
            sum += d;
            product += d * load_channels<W>(in, left);
          }
          if (target.accumulate) d += load_channels<W>(out, left);
          store_channels<W>(out, d, left);
          d_row += l.in_pad;
          active += l.in_pad;
          out += step;
          in += in_step;
        }
        if (!sums) continue;
        add_sums<W>(target.batch_norm, sum, c, left);
        add_sums<W>(target.batch_norm + channels, product, c, left);
      }
    }
    channel += channels;
  }
}

// Rows [begin, end) of the gradient of the input, from that of what the kernel's taps made.
template <int W>
inline void input_gradient(const Layout& l, const ConvolutionBackward& task, int64_t n,
                           int64_t begin, int64_t end, const float* input, const float* gradient,
                           float* row) {
  const ConvolutionShape& s = l.s;
  Tap taps[kMaxTaps];
  for (int64_t y = begin; y < end; ++y) {
    for (int64_t phase = 0; phase < smaller(s.stride_w, s.width); ++phase) {
      const int64_t count = l.gradient_taps(y % s.stride_h, phase, taps);
      const int64_t pixels = (s.width - phase + s.stride_w - 1) / s.stride_w;
      const float* in = gradient + y / s.stride_h * l.grad_row;
      float* out = row + phase * l.in_pad;
      const int64_t step = s.stride_w * l.in_pad;
      if (s.depthwise)
        depthwise<W>(in, l.middle, taps, count, task.weights.depthwise, l.in_pad, out, step,
                     pixels);
      else
        gemm<W>(in, l.middle, taps, count, s.out_channels, task.weights.backward, l.in_pad, out,
                step, pixels);
    }
    // Rows that the kernel passes over have no gradient, and are not in the scratch.
    const float* activated =
        y + s.top < 0 ? nullptr : input + (y + s.top) * l.in_row + s.left * l.in_pad;
    write_targets<W>(l, task, row, activated, n, y);
  }
}

template <int W>
inline void separable_backward(const Layout& l, const ConvolutionBackward& task, int64_t n,
                               float* input, float* gradient, float* middle, float* strip) {
  const ConvolutionShape& s = l.s;
  Tap taps[kMaxTaps];
  const int64_t tap_count = l.taps(taps);
  const Tap whole{0, 0};
  float* const inner = gradient + l.before_y * l.grad_row + l.before_x * l.middle;
  const int64_t out_row = s.out_width * l.out_pad;
  const int64_t middle_row = s.out_width * l.in_pad;
  int64_t active = 0;
  for (int64_t y = 0; y < s.out_height; y += l.strip_rows) {
    const int64_t rows = smaller(l.strip_rows, s.out_height - y);
    const int64_t needed = y + rows == s.out_height ? l.in_height : l.input_rows(y + rows);
    activate<W>(l, task.inputs, task.parts, n, active, needed, input);
    active = needed;
    read_gradient<W>(l, task.gradient, n, y, rows, strip, out_row);
    for (int64_t r = 0; r < rows; ++r) {
      depthwise<W>(input + (y + r) * s.stride_h * l.in_row, s.stride_w * l.in_pad, taps, tap_count,
                   task.weights.depthwise, l.in_pad, middle + r * middle_row, l.in_pad,
                   s.out_width);
      gemm<W>(strip + r * out_row, l.out_pad, &whole, 1, s.out_channels, task.weights.backward,
              l.in_pad, inner + (y + r) * l.grad_row, l.in_pad, s.out_width);
    }
    outer<W>({middle, middle_row, l.in_pad}, {strip, out_row, l.out_pad}, rows, s.out_width,
             task.d_forward, l.in_pad, l.out_pad);
  }
  const DepthwiseSteps steps{.row = s.stride_h * l.in_row,
                             .pixel = s.stride_w * l.in_pad,
                             .tap_row = s.dilation * l.in_row,
                             .tap_pixel = s.dilation * l.in_pad,
                             .d_row = l.grad_row,
                             .d_pixel = l.in_pad};
  depthwise_weights<W>(input, inner, steps, s.out_height, s.out_width, task.d_depthwise, l.in_pad,
                       s.kernel_h, s.kernel_w);
}

template <int W>
inline void dense_backward(const Layout& l, const ConvolutionBackward& task, int64_t n, int64_t y,
                           int64_t rows, float* input, float* gradient) {
  const ConvolutionShape& s = l.s;
  Tap taps[kMaxTaps];
  const int64_t tap_count = l.taps(taps);
  float* const inner = gradient + (l.before_y + y) * l.grad_row + l.before_x * l.middle;
  read_gradient<W>(l, task.gradient, n, y, rows, inner, l.grad_row);
  for (int64_t t = 0; t < tap_count; ++t)
    outer<W>({input + y * s.stride_h * l.in_row + taps[t].offset, s.stride_h * l.in_row,
              s.stride_w * l.in_pad},
             {inner, l.grad_row, l.out_pad}, rows, s.out_width,
             task.d_forward + t * l.in_pad * l.out_pad, l.in_pad, l.out_pad);
}

template <int W>
inline void backward_image(const Layout& l, const ConvolutionBackward& task, int64_t n,
                           float* input, float* gradient, float* middle, float* strip, float* row) {
  const ConvolutionShape& s = l.s;
  bool wanted = false;
  for (int64_t part = 0; part < task.parts; ++part)
    wanted = wanted || task.targets[part].images.data != nullptr;
  if (l.pointwise() && !s.depthwise) {
    for (int64_t y = 0; y < s.height; y += l.strip_rows) {
      const int64_t end = smaller(s.height, y + l.strip_rows);
      activate<W>(l, task.inputs, task.parts, n, y, end, input);
      dense_backward<W>(l, task, n, y, end - y, input, gradient);
      if (wanted) input_gradient<W>(l, task, n, y, end, input, gradient, row);
    }
    return;
  }
  if (s.depthwise) {
    separable_backward<W>(l, task, n, input, gradient, middle, strip);
  } else {
    activate<W>(l, task.inputs, task.parts, n, 0, l.in_height, input);
    dense_backward<W>(l, task, n, 0, s.out_height, input, gradient);
  }
  if (wanted) input_gradient<W>(l, task, n, 0, s.height, input, gradient, row);
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
