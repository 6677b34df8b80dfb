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

template <int W>
inline void sum_image(const Source* sources, int64_t count, const Images& output, int64_t n) {
  const int64_t pixels = pixels_of(output);
  float* const out = image_of(output, n);
  for (int64_t c = 0; c < output.channels; c += W) {
    for (int64_t i = 0; i < count; i += 2) {
      const bool two = i + 1 < count;
      const Reader<W> first(sources[i], n, c);
      const Reader<W> second(sources[two ? i + 1 : i], n, c);
      const float* a = image_of(sources[i].images, n) + c;
      const float* b = image_of(sources[two ? i + 1 : i].images, n) + c;
      const int64_t a_step = sources[i].images.pixel_stride;
      const int64_t b_step = sources[two ? i + 1 : i].images.pixel_stride;
      float* o = out + c;
      for (int64_t p = 0; p < pixels; ++p, a += a_step, b += b_step, o += output.pixel_stride) {
        Vector<W> v = first(a) * first.mask;
        if (two) v += second(b) * second.mask;
        if (i > 0) v += load_channels<W>(o, first.left);
        store_channels<W>(o, v, first.left);
      }
    }
  }
}

// Sums over pixels of what `value(p, c)` gives, in floats for a while and then in doubles.
template <int W>
inline void add_sums(double* sums, const Vector<W>& values, int64_t c, int64_t left) {
  for (int64_t i = 0; i < smaller(W, left); ++i) sums[c + i] += static_cast<double>(values[i]);
}

constexpr int64_t kPixelsInFloats = 128;  // the longest sum that is kept in floats

template <int W>
inline void batch_norm_sums_image(const Images& dy, float mask, const Images& z, double* sums,
                                  int64_t n) {
  const int64_t pixels = pixels_of(dy);
  for (int64_t c = 0; c < dy.channels; c += W) {
    const int64_t left = dy.channels - c;
    const float* g = image_of(dy, n) + c;
    const float* x = image_of(z, n) + c;
    for (int64_t begin = 0; begin < pixels; begin += kPixelsInFloats) {
      const int64_t end = smaller(pixels, begin + kPixelsInFloats);
      Vector<W> of_dy[2] = {};
      Vector<W> of_product[2] = {};
      for (int64_t p = begin; p < end; ++p, g += dy.pixel_stride, x += z.pixel_stride) {
        const Vector<W> d = load_channels<W>(g, left);
        of_dy[p & 1] += d;
        of_product[p & 1] += d * load_channels<W>(x, left);
      }
      add_sums<W>(sums, (of_dy[0] + of_dy[1]) * mask, c, left);
      add_sums<W>(sums + dy.channels, (of_product[0] + of_product[1]) * mask, c, left);
    }
  }
}

template <int W>
inline void add_gradient_image(const Images& dy, const Source& source, const Target& target,
                               int64_t n) {
  const int64_t pixels = pixels_of(dy);
  const int64_t step = target.images.pixel_stride;
  for (int64_t c = 0; c < dy.channels; c += W) {
    const Reader<W> read(source, n, c);
    const float* g = image_of(dy, n) + c;
    const float* x = image_of(source.images, n) + c;
    float* o = image_of(target.images, n) + c;
    for (int64_t p = 0; p < pixels; ++p, g += dy.pixel_stride, o += step) {
      Vector<W> d = load_channels<W>(g, read.left) * read.mask;
      if (source.relu) d = read.affine(x + p * source.images.pixel_stride) > 0.0F ? d : Vector<W>{};
      if (target.accumulate) d += load_channels<W>(o, read.left);
      store_channels<W>(o, d, read.left);
    }
  }
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
