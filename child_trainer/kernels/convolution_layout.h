// How a convolution of one image lies in its scratches, and its input there: through its batch norm
// and ReLU, padded with zeros.
#pragma once

#include "child_trainer/kernels/depthwise.h"
#include "child_trainer/kernels/sums.h"

namespace nas::child_trainer::kernels::NAS_ISA {

constexpr int64_t kStripFloats = 4096;  // of what is made and used while it is in the first cache

// Channels are padded to whole vectors, and to 8 for the weights' gradient.
inline int64_t padding_to(int64_t width) { return larger(width, 8); }

// How the convolution lies in its padded scratches.
struct Layout {
  ConvolutionShape s;
  int64_t in_pad, out_pad;      // padded channels
  int64_t in_height, in_width;  // of the padded input
  int64_t in_row;               // floats of a row of it
  int64_t middle;               // channels of what the gradient is padded as
  int64_t before_y, before_x;   // zeros around the gradient
  int64_t grad_height, grad_width, grad_row;
  int64_t strip_rows;  // output rows that are made at a time
  int64_t slack;       // before and after, for what is read and not used

  Layout(const ConvolutionShape& shape, int64_t padding) : s(shape) {
    in_pad = round_up(s.channels, padding);
    out_pad = round_up(s.out_channels, padding);
    const int64_t reach_y = (s.kernel_h - 1) * s.dilation;
    const int64_t reach_x = (s.kernel_w - 1) * s.dilation;
    in_height = larger((s.out_height - 1) * s.stride_h + reach_y + 1, s.height + s.top);
    in_width = larger((s.out_width - 1) * s.stride_w + reach_x + 1, s.width + s.left);
    in_row = in_width * in_pad;
    middle = s.depthwise ? in_pad : out_pad;
    before_y = larger(0, (reach_y - s.top + s.stride_h - 1) / s.stride_h);
    before_x = larger(0, (reach_x - s.left + s.stride_w - 1) / s.stride_w);
    grad_height = before_y + larger(s.out_height, (s.height - 1 + s.top) / s.stride_h + 1);
    grad_width = before_x + larger(s.out_width, (s.width - 1 + s.left) / s.stride_w + 1);
    grad_row = grad_width * middle;
    const int64_t row = s.out_width * larger(in_pad, out_pad);
    strip_rows = smaller(s.out_height, larger(1, kStripFloats / row));
    slack = larger(in_pad, out_pad) * larger(16, -s.left);
  }
  int64_t input_floats() const { return in_height * in_row + 2 * slack; }
  int64_t gradient_floats() const { return grad_height * grad_row + 2 * slack; }
  int64_t strip_floats() const { return strip_rows * s.out_width * larger(in_pad, out_pad); }
  int64_t row_floats() const { return (s.width + s.stride_w) * in_pad; }
  int64_t floats() const {
    return input_floats() + gradient_floats() + 2 * strip_floats() + row_floats() + 64;
  }
  // Rows of the padded input that the first `rows` of the output read.
  int64_t input_rows(int64_t rows) const {
    return (rows - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation + 1;
  }
  // Whether an output pixel reads the input pixel in its place alone.
  bool pointwise() const {
    return s.taps() == 1 && s.stride_h == 1 && s.stride_w == 1 && s.top == 0 && s.left == 0;
  }
  // The taps of an output at the padded input.
  int64_t taps(Tap* taps) const {
    for (int64_t ky = 0; ky < s.kernel_h; ++ky)
      for (int64_t kx = 0; kx < s.kernel_w; ++kx)
        taps[ky * s.kernel_w + kx] = {ky * s.dilation * in_row + kx * s.dilation * in_pad,
                                      ky * s.kernel_w + kx};
    return s.taps();
  }
  // The outputs that input pixels (y, x) of one phase (y and x modulo the stride) go into, at the
  // padded gradient, from the output (y / stride, x / stride).
  int64_t gradient_taps(int64_t phase_y, int64_t phase_x, Tap* taps) const {
    int64_t count = 0;
    for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
      const int64_t y = phase_y + s.top - ky * s.dilation;
      if (y % s.stride_h != 0) continue;
      for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
        const int64_t x = phase_x + s.left - kx * s.dilation;
        if (x % s.stride_w != 0) continue;
        taps[count++] = {
            (y / s.stride_h + before_y) * grad_row + (x / s.stride_w + before_x) * middle,
            ky * s.kernel_w + kx};
      }
    }
    return count;
  }
};

inline void clear(float* p, int64_t count) {
  __builtin_memset(p, 0, sizeof(float) * static_cast<size_t>(count));
}

// The scratches of one thread.
struct Scratch {
  float *input, *gradient, *middle, *strip, *row;

  Scratch(const Layout& l, float* p) {
    clear(p, l.floats());
    input = p + l.slack;
    gradient = p + l.input_floats() + l.slack;
    middle = p + l.input_floats() + l.gradient_floats();
    strip = middle + l.strip_floats();
    row = strip + l.strip_floats();
  }
};

// Rows [begin, end) of the padded input of image n, which is the concat of the sources.
template <int W>
inline void activate(const Layout& l, const Source* sources, int64_t parts, int64_t n,
                     int64_t begin, int64_t end, float* scratch) {
  const ConvolutionShape& s = l.s;
  const int64_t first = larger(0, -s.left);
  const int64_t y_begin = larger(larger(0, -s.top), begin - s.top);
  const int64_t y_end = smaller(s.height, end - s.top);
  for (int64_t part = 0, channel = 0; part < parts; ++part) {
    const Images& images = sources[part].images;
    const int64_t step = images.pixel_stride;
    for (int64_t y = y_begin; y < y_end; ++y) {
      const float* row = image_of(images, n) + (y * s.width + first) * step;
      float* to = scratch + (y + s.top) * l.in_row + (first + s.left) * l.in_pad + channel;
      for (int64_t c = 0; c < images.channels; c += W) {
        const Reader<W> read(sources[part], n, c);
        const float* p = row + c;
        float* out = to + c;
        // The lanes past the last channel are 0: the next part's, or padding.
        const int64_t room = l.in_pad - channel - c;
        for (int64_t x = first; x < s.width; ++x, p += step, out += l.in_pad)
          store_channels<W>(out, read(p), room);
      }
    }
    channel += images.channels;
  }
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
