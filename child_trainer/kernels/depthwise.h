// Depthwise convolutions in the caches, over images padded with zeros: eight pixels of W channels
// in registers.
#pragma once

#include "child_trainer/kernels/gemm.h"

namespace nas::child_trainer::kernels::NAS_ISA {

// out[p][c] = sum over taps t of in[offset_t + p * in_step + c] * weights[weight_t][c], for T
// pixels.
template <int W, int T>
inline void depthwise_tile(const float* in, int64_t in_step, const Tap* taps, int64_t tap_count,
                           const float* weights, int64_t channels, float* out, int64_t out_step) {
  Vector<W> sums[T] = {};
  for (int64_t k = 0; k < tap_count; ++k) {
    const Vector<W> w = load<W>(weights + taps[k].weight * channels);
    const float* p = in + taps[k].offset;
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) sums[t] += load<W>(p + t * in_step) * w;
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) store<W>(out + t * out_step, sums[t]);
}

// The same for any number of pixels and channels (a multiple of W).
template <int W>
inline void depthwise(const float* in, int64_t in_step, const Tap* taps, int64_t tap_count,
                      const float* weights, int64_t channels, float* out, int64_t out_step,
                      int64_t pixels) {
  for (int64_t c = 0; c < channels; c += W) {
    int64_t p = 0;
    for (; p + 8 <= pixels; p += 8)
      depthwise_tile<W, 8>(in + p * in_step + c, in_step, taps, tap_count, weights + c, channels,
                           out + p * out_step + c, out_step);
    for (; p + 4 <= pixels; p += 4)
      depthwise_tile<W, 4>(in + p * in_step + c, in_step, taps, tap_count, weights + c, channels,
                           out + p * out_step + c, out_step);
    for (; p < pixels; ++p)
      depthwise_tile<W, 1>(in + p * in_step + c, in_step, taps, tap_count, weights + c, channels,
                           out + p * out_step + c, out_step);
  }
}

struct DepthwiseSteps {
  int64_t row, pixel;          // of the padded input, from one output to the next
  int64_t tap_row, tap_pixel;  // from one tap to the next
  int64_t d_row, d_pixel;      // of the output's gradient
};

// d_weights[ky][kx][c] += sum over the outputs of in * d_out, for R rows of K taps and W channels.
template <int W, int R, int K>
inline void depthwise_weights_tile(const float* in, const float* d_out, const DepthwiseSteps& s,
                                   int64_t height, int64_t width, float* d_weights,
                                   int64_t weight_row, int64_t weight_pixel) {
  Vector<W> sums[R][K];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int k = 0; k < K; ++k) sums[r][k] = load<W>(d_weights + r * weight_row + k * weight_pixel);
  for (int64_t y = 0; y < height; ++y) {
    const float* p = in + y * s.row;
    const float* d = d_out + y * s.d_row;
    for (int64_t x = 0; x < width; ++x, p += s.pixel, d += s.d_pixel) {
      const Vector<W> g = load<W>(d);
#pragma GCC unroll 16
      for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
        for (int k = 0; k < K; ++k) sums[r][k] += load<W>(p + r * s.tap_row + k * s.tap_pixel) * g;
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
    for (int k = 0; k < K; ++k) store<W>(d_weights + r * weight_row + k * weight_pixel, sums[r][k]);
}

// All kernel rows, R at a time: as many sums as keep the multipliers busy and fit the registers.
template <int W, int R, int K>
inline void depthwise_weights_rows(const float* in, const float* d_out, const DepthwiseSteps& s,
                                   int64_t height, int64_t width, float* d_weights,
                                   int64_t channels, int64_t kernel_h, int64_t kernel_w) {
  const int64_t weight_row = kernel_w * channels;
  for (int64_t c = 0; c < channels; c += W) {
    int64_t ky = 0;
    for (; ky + R <= kernel_h; ky += R)
      depthwise_weights_tile<W, R, K>(in + ky * s.tap_row + c, d_out + c, s, height, width,
                                      d_weights + ky * weight_row + c, weight_row, channels);
    for (; ky < kernel_h; ++ky)
      depthwise_weights_tile<W, 1, K>(in + ky * s.tap_row + c, d_out + c, s, height, width,
                                      d_weights + ky * weight_row + c, weight_row, channels);
  }
}

template <int W>
inline void depthwise_weights(const float* in, const float* d_out, const DepthwiseSteps& s,
                              int64_t height, int64_t width, float* d_weights, int64_t channels,
                              int64_t kernel_h, int64_t kernel_w) {
  const auto rows = [&](auto function) {
    function(in, d_out, s, height, width, d_weights, channels, kernel_h, kernel_w);
  };
  if (kernel_w == 3) return rows(depthwise_weights_rows<W, 3, 3>);
  if (kernel_w == 5) return rows(depthwise_weights_rows<W, 3, 5>);
  if (kernel_w == 7) return rows(depthwise_weights_rows<W, 2, 7>);
  for (int64_t kx = 0; kx < kernel_w; ++kx)
    depthwise_weights_rows<W, 1, 1>(in + kx * s.tap_pixel, d_out, s, height, width,
                                    d_weights + kx * channels, channels, kernel_h, kernel_w);
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
