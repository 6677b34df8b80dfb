// A convolution, dense or depthwise separable, of one image: the depthwise kernel and the matrix
// products run in the caches, and only the output before its batch norm is written.
#pragma once

#include "child_trainer/kernels/convolution_layout.h"

namespace nas::child_trainer::kernels::NAS_ISA {

// Rows [y, y + rows) of the output from a strip, with their sums and squares.
template <int W>
inline void write_output(const Layout& l, const float* strip, const Images& output, double* sums,
                         int64_t n, int64_t y, int64_t rows) {
  const int64_t pixels = rows * l.s.out_width;
  float* const out = image_of(output, n) + y * l.s.out_width * output.pixel_stride;
  for (int64_t begin = 0; begin < pixels; begin += kPixelsInFloats) {
    const int64_t end = smaller(pixels, begin + kPixelsInFloats);
    for (int64_t c = 0; c < output.channels; c += W) {
      const int64_t left = output.channels - c;
      Vector<W> sum{};
      Vector<W> square{};
      const float* p = strip + begin * l.out_pad + c;
      float* o = out + begin * output.pixel_stride + c;
      for (int64_t i = begin; i < end; ++i, p += l.out_pad, o += output.pixel_stride) {
        const Vector<W> v = load<W>(p);
        store_channels<W>(o, v, left);
        sum += v;
        square += v * v;
      }
      if (sums == nullptr) continue;
      add_sums<W>(sums, sum, c, left);
      add_sums<W>(sums + output.channels, square, c, left);
    }
  }
}

template <int W>
inline void forward_image(const Layout& l, const ConvolutionForward& task, int64_t n, float* input,
                          float* middle, float* strip) {
  const ConvolutionShape& s = l.s;
  Tap taps[kMaxTaps];
  const int64_t tap_count = l.taps(taps);
  int64_t active = 0;  // rows of the padded input that are there
  for (int64_t y = 0; y < s.out_height; y += l.strip_rows) {
    const int64_t rows = smaller(l.strip_rows, s.out_height - y);
    const int64_t needed = l.input_rows(y + rows);
    activate<W>(l, task.inputs, task.parts, n, active, needed, input);
    active = needed;
    const int64_t row_floats = s.out_width * l.out_pad;
    if (s.depthwise) {
      for (int64_t r = 0; r < rows; ++r)
        depthwise<W>(input + (y + r) * s.stride_h * l.in_row, s.stride_w * l.in_pad, taps,
                     tap_count, task.weights.depthwise, l.in_pad,
                     middle + r * s.out_width * l.in_pad, l.in_pad, s.out_width);
      const Tap whole{0, 0};
      gemm<W>(middle, l.in_pad, &whole, 1, s.channels, task.weights.forward, l.out_pad, strip,
              l.out_pad, rows * s.out_width);
    } else {
      for (int64_t r = 0; r < rows; ++r)
        gemm<W>(input + (y + r) * s.stride_h * l.in_row, s.stride_w * l.in_pad, taps, tap_count,
                s.channels, task.weights.forward, l.out_pad, strip + r * row_floats, l.out_pad,
                s.out_width);
    }
    write_output<W>(l, strip, task.output, task.sums, n, y, rows);
  }
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
