// Sums of values and of gradients, element by element, and what a batch norm needs to know of them.
#pragma once

#include "child_trainer/kernels/kernels.h"
#include "child_trainer/kernels/vector.h"

namespace nas::child_trainer::kernels::NAS_ISA {

inline int64_t pixels_of(const Images& images) { return images.height * images.width; }
inline float* image_of(const Images& images, int64_t n) {
  return images.data + n * pixels_of(images) * images.pixel_stride;
}
inline float mask_of(const float* mask, int64_t n) { return mask == nullptr ? 1.0F : mask[n]; }

// Channels [c, c + W) of a source, as they are read.
template <int W>
struct Reader {
  Vector<W> scale, shift, low, mask;
  int64_t left;

  Reader(const Source& source, int64_t n, int64_t c)
      : scale(broadcast<W>(1)),
        shift{},
        low(broadcast<W>(source.relu ? 0.0F : -__builtin_inff())),
        mask(broadcast<W>(mask_of(source.mask, n))),
        left(source.images.channels - c) {
    if (source.scale == nullptr) return;
    scale = load_channels<W>(source.scale + c, left);
    shift = load_channels<W>(source.shift + c, left);
  }
  Vector<W> affine(const float* p) const { return load_channels<W>(p, left) * scale + shift; }
  // Without the mask.
  Vector<W> operator()(const float* p) const { return at_least<W>(affine(p), low); }
};

constexpr int64_t kPixelsInFloats = 128;  // the longest sum that is kept in floats

// Calls body(first channel, first pixel, end) so that it stays within few lines of memory.
template <int W, typename Body>
inline void each_block(const Images& images, Body body) {
  const int64_t pixels = pixels_of(images);
  for (int64_t begin = 0; begin < pixels; begin += kPixelsInFloats)
    for (int64_t c = 0; c < images.channels; c += W)
      body(c, begin, smaller(pixels, begin + kPixelsInFloats));
}

template <int W>
inline void sum_image(const Source* sources, int64_t count, const Images& output, int64_t n) {
  each_block<W>(output, [&](int64_t c, int64_t begin, int64_t end) {
    for (int64_t i = 0; i < count; i += 2) {
      const bool two = i + 1 < count;
      const Images& x = sources[i].images;
      const Images& y = sources[two ? i + 1 : i].images;
      const Reader<W> first(sources[i], n, c);
      const Reader<W> second(sources[two ? i + 1 : i], n, c);
      const float* a = image_of(x, n) + begin * x.pixel_stride + c;
      const float* b = image_of(y, n) + begin * y.pixel_stride + c;
      float* o = image_of(output, n) + begin * output.pixel_stride + c;
      for (int64_t p = begin; p < end; ++p) {
        Vector<W> v = first(a) * first.mask;
        if (two) v += second(b) * second.mask;
        if (i > 0) v += load_channels<W>(o, first.left);
        store_channels<W>(o, v, first.left);
        a += x.pixel_stride;
        b += y.pixel_stride;
        o += output.pixel_stride;
      }
    }
  });
}

template <int W>
inline void add_sums(double* sums, const Vector<W>& values, int64_t c, int64_t left) {
  for (int64_t i = 0; i < smaller(W, left); ++i) sums[c + i] += static_cast<double>(values[i]);
}

template <int W>
inline void batch_norm_sums_image(const Images& dy, float mask, const Images& z, double* sums,
                                  int64_t n) {
  each_block<W>(dy, [&](int64_t c, int64_t begin, int64_t end) {
    const int64_t left = dy.channels - c;
    const float* g = image_of(dy, n) + begin * dy.pixel_stride + c;
    const float* x = image_of(z, n) + begin * z.pixel_stride + c;
    Vector<W> of_dy{};
    Vector<W> of_product{};
    for (int64_t p = begin; p < end; ++p, g += dy.pixel_stride, x += z.pixel_stride) {
      const Vector<W> d = load_channels<W>(g, left);
      of_dy += d;
      of_product += d * load_channels<W>(x, left);
    }
    add_sums<W>(sums, of_dy * mask, c, left);
    add_sums<W>(sums + dy.channels, of_product * mask, c, left);
  });
}

template <int W>
inline void add_gradient_image(const Images& dy, const Source& source, const Target& target,
                               int64_t n) {
  const Images& to = target.images;
  each_block<W>(dy, [&](int64_t c, int64_t begin, int64_t end) {
    const Reader<W> read(source, n, c);
    const float* g = image_of(dy, n) + begin * dy.pixel_stride + c;
    const float* x = image_of(source.images, n) + begin * source.images.pixel_stride + c;
    float* o = image_of(to, n) + begin * to.pixel_stride + c;
    for (int64_t p = begin; p < end; ++p) {
      Vector<W> d = load_channels<W>(g, read.left) * read.mask;
      if (source.relu) d = read.affine(x) > 0.0F ? d : Vector<W>{};
      if (target.accumulate) d += load_channels<W>(o, read.left);
      store_channels<W>(o, d, read.left);
      g += dy.pixel_stride;
      x += source.images.pixel_stride;
      o += to.pixel_stride;
    }
  });
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
