// Pools over channels-last images. Padding never wins and is never counted.
#pragma once

#include "child_trainer/kernels/sums.h"

namespace nas::child_trainer::kernels::NAS_ISA {

// The part of a window that lies within the image.
struct Window {
  int64_t begin, end;  // positions in the window
  int64_t start;       // of the window in the image

  Window(int64_t out, int64_t stride, int64_t padding, int64_t kernel, int64_t size)
      : start(out * stride - padding) {
    begin = larger(0, -start);
    end = smaller(kernel, size - start);
  }
  int64_t count() const { return end - begin; }
};

template <int W>
inline void pool_image(const Pool& pool, const Source& source, const Images& output,
                       uint8_t* chosen, bool accumulate, int64_t n) {
  const Images& in = source.images;
  const float* const image = image_of(in, n);
  float* out = image_of(output, n);
  uint8_t* winner = pool.max ? chosen + n * pixels_of(output) * output.channels : nullptr;
  for (int64_t oy = 0; oy < output.height; ++oy) {
    const Window wy(oy, pool.stride, pool.top, pool.kernel, in.height);
    for (int64_t ox = 0; ox < output.width; ++ox, out += output.pixel_stride) {
      const Window wx(ox, pool.stride, pool.left, pool.kernel, in.width);
      const float share = 1.0F / static_cast<float>(wy.count() * wx.count());
      for (int64_t c = 0; c < output.channels; c += W) {
        const Reader<W> read(source, n, c);
        Vector<W> best = broadcast<W>(pool.max ? -__builtin_inff() : 0.0F);
        Vector<W> at = broadcast<W>(static_cast<float>(wy.begin * pool.kernel + wx.begin));
        for (int64_t ky = wy.begin; ky < wy.end; ++ky) {
          const float* p =
              image + ((wy.start + ky) * in.width + wx.start + wx.begin) * in.pixel_stride + c;
          for (int64_t kx = wx.begin; kx < wx.end; ++kx, p += in.pixel_stride) {
            if (!pool.max) {
              best += load_channels<W>(p, read.left);
              continue;
            }
            const Vector<W> v = read.affine(p);
            const auto wins = !(v <= best);  // what is not a number wins
            best = wins ? v : best;
            at = wins ? broadcast<W>(static_cast<float>(ky * pool.kernel + kx)) : at;
          }
        }
        if (!pool.max) best = best * share * read.scale + read.shift;
        best *= read.mask;
        if (accumulate) best += load_channels<W>(out + c, read.left);
        store_channels<W>(out + c, best, read.left);
        if (pool.max) {
          for (int64_t i = 0; i < smaller(W, read.left); ++i)
            winner[c + i] = static_cast<uint8_t>(at[i]);
        }
      }
      if (pool.max) winner += output.channels;
    }
  }
}

template <int W>
inline void pool_gradient_image(const Pool& pool, const Images& dy, const float* mask,
                                const uint8_t* chosen, const Images& target, int64_t n) {
  const float* g = image_of(dy, n);
  float* const image = image_of(target, n);
  const float weight = mask_of(mask, n);
  const uint8_t* winner = pool.max ? chosen + n * pixels_of(dy) * dy.channels : nullptr;
  for (int64_t oy = 0; oy < dy.height; ++oy) {
    const Window wy(oy, pool.stride, pool.top, pool.kernel, target.height);
    for (int64_t ox = 0; ox < dy.width; ++ox, g += dy.pixel_stride) {
      const Window wx(ox, pool.stride, pool.left, pool.kernel, target.width);
      const float share = weight / static_cast<float>(wy.count() * wx.count());
      const auto pixel = [&](int64_t ky, int64_t kx) {
        return image + ((wy.start + ky) * target.width + wx.start + kx) * target.pixel_stride;
      };
      if (pool.max) {
        for (int64_t c = 0; c < dy.channels; ++c)
          pixel(winner[c] / pool.kernel, winner[c] % pool.kernel)[c] += weight * g[c];
        winner += dy.channels;
        continue;
      }
      for (int64_t c = 0; c < dy.channels; c += W) {
        const int64_t left = dy.channels - c;
        const Vector<W> d = load_channels<W>(g + c, left) * share;
        for (int64_t ky = wy.begin; ky < wy.end; ++ky) {
          for (int64_t kx = wx.begin; kx < wx.end; ++kx) {
            float* p = pixel(ky, kx) + c;
            store_channels<W>(p, load_channels<W>(p, left) + d, left);
          }
        }
      }
    }
  }
}

}  // namespace nas::child_trainer::kernels::NAS_ISA
