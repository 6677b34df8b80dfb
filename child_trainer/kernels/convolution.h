// A convolution, dense or depthwise separable, of one image: the input goes through its batch norm
// and ReLU into a scratch padded with zeros, the depthwise kernel and the matrix products run in
// the caches, and only the output before its batch norm is written. Backward computes the scratch
// anew.
#pragma once

#include "child_trainer/kernels/depthwise.h"
#include "child_trainer/kernels/sums.h"

namespace nas::child_trainer::kernels::NAS_ISA {

constexpr int64_t kMaxTaps = 225;       // 15 x 15
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
    slack = larger(in_pad, out_pad) * 16;
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
        const float* active = activated + begin * l.in_pad + channel + c;
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

}  // namespace nas::child_trainer::kernels::NAS_ISA
