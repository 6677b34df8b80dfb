// The table of kernels of one instruction set; see kernels.h.
#pragma once

#include "child_trainer/kernels/convolution_backward.h"
#include "child_trainer/kernels/convolution_forward.h"
#include "child_trainer/kernels/pooling.h"

namespace nas::child_trainer::kernels::NAS_ISA {

#if defined(__AVX512F__)
constexpr int kWide = 16;
constexpr int kNarrow = 8;
#elif defined(__AVX2__)
constexpr int kWide = 8;
constexpr int kNarrow = 8;
#else
constexpr int kWide = 4;
constexpr int kNarrow = 4;
#endif

// Whole vectors of the wide kind where they waste nothing that the narrow ones would save.
inline bool wide(int64_t channels) {
  return round_up(channels, kWide) == round_up(channels, kNarrow);
}
inline bool wide(const ConvolutionShape& s) { return wide(s.channels) && wide(s.out_channels); }

inline int64_t padding(const ConvolutionShape& shape) {
  return padding_to(wide(shape) ? kWide : kNarrow);
}
inline int64_t padded(int64_t channels, int64_t padding) { return round_up(channels, padding); }

inline int64_t scratch(const ConvolutionShape& shape) {
  return Layout(shape, padding(shape)).floats();
}

template <int W>
inline void forward(const ConvolutionForward& task, int64_t begin, int64_t end, float* floats) {
  const Layout layout(task.shape, padding_to(W));
  const Scratch s(layout, floats);
  for (int64_t n = begin; n < end; ++n)
    forward_image<W>(layout, task, n, s.input, s.middle, s.strip);
}
inline void convolution_forward(const ConvolutionForward& task, int64_t begin, int64_t end,
                                float* floats) {
  if (wide(task.shape)) return forward<kWide>(task, begin, end, floats);
  forward<kNarrow>(task, begin, end, floats);
}

template <int W>
inline void backward(const ConvolutionBackward& task, int64_t begin, int64_t end, float* floats) {
  const Layout layout(task.shape, padding_to(W));
  const Scratch s(layout, floats);
  for (int64_t n = begin; n < end; ++n)
    backward_image<W>(layout, task, n, s.input, s.gradient, s.middle, s.strip, s.row);
}
inline void convolution_backward(const ConvolutionBackward& task, int64_t begin, int64_t end,
                                 float* floats) {
  if (wide(task.shape)) return backward<kWide>(task, begin, end, floats);
  backward<kNarrow>(task, begin, end, floats);
}

// Calls `function` with a vector width that suits so many channels, for each image.
template <typename Function>
inline void each_image(int64_t channels, int64_t begin, int64_t end, Function function) {
  if (wide(channels)) {
    for (int64_t n = begin; n < end; ++n) function.template operator()<kWide>(n);
  } else {
    for (int64_t n = begin; n < end; ++n) function.template operator()<kNarrow>(n);
  }
}

inline void sum(const Source* sources, int64_t count, const Images& output, int64_t begin,
                int64_t end) {
  each_image(output.channels, begin, end,
             [&]<int W>(int64_t n) { sum_image<W>(sources, count, output, n); });
}
inline void add_gradient(const Images& dy, const Source& source, const Target& target,
                         int64_t begin, int64_t end) {
  each_image(dy.channels, begin, end,
             [&]<int W>(int64_t n) { add_gradient_image<W>(dy, source, target, n); });
}
inline void batch_norm_sums(const Images& dy, const float* mask, const Images& z, double* sums,
                            int64_t begin, int64_t end) {
  each_image(dy.channels, begin, end,
             [&]<int W>(int64_t n) { batch_norm_sums_image<W>(dy, mask_of(mask, n), z, sums, n); });
}
inline void pool_forward(const Pool& pool, const Source& source, const Images& output,
                         uint8_t* chosen, bool accumulate, int64_t begin, int64_t end) {
  each_image(output.channels, begin, end,
             [&]<int W>(int64_t n) { pool_image<W>(pool, source, output, chosen, accumulate, n); });
}
inline void pool_backward(const Pool& pool, const Images& dy, const float* mask,
                          const uint8_t* chosen, const Images& target, int64_t begin, int64_t end) {
  each_image(dy.channels, begin, end,
             [&]<int W>(int64_t n) { pool_gradient_image<W>(pool, dy, mask, chosen, target, n); });
}

constexpr Kernels table(const char* name) {
  return {
      name, padding,      padded,          scratch,      convolution_forward, convolution_backward,
      sum,  add_gradient, batch_norm_sums, pool_forward, pool_backward};
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
