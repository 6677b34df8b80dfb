#include "child_trainer/augmentation.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "child_trainer/device.h"
#include "child_trainer/parallel_images.h"

namespace nas::child_trainer {

namespace {

struct Pixel {
  float colours[3];
};

// Without the general indexing of LibTorch, which takes ten times as long.
at::Tensor gather_on_cpu(const at::Tensor& images, const at::Tensor& rows,
                         const at::Tensor& columns) {
  const at::Tensor source = images.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t height = source.size(2);
  const int64_t width = source.size(3);
  const at::Tensor result = at::empty({source.size(0), 3, rows.size(1), columns.size(1)},
                                      source.options(), at::MemoryFormat::ChannelsLast);
  const auto* pixels = reinterpret_cast<const Pixel*>(source.const_data_ptr<float>());
  auto* gathered = reinterpret_cast<Pixel*>(result.mutable_data_ptr<float>());
  const auto row_of = rows.accessor<int64_t, 2>();
  const auto column_of = columns.accessor<int64_t, 2>();
  parallel_images(source.size(0), [&](int64_t, int64_t begin, int64_t end) {
    Pixel* to = gathered + begin * rows.size(1) * columns.size(1);
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t y = 0; y < rows.size(1); ++y, to += columns.size(1)) {
        const int64_t row = row_of[n][y];
        if (row < 0 || row >= height) {
          std::fill_n(to, columns.size(1), Pixel{});
          continue;
        }
        const Pixel* line = pixels + (n * height + row) * width;
        for (int64_t x = 0; x < columns.size(1); ++x) {
          const int64_t column = column_of[n][x];
          to[x] = column < 0 || column >= width ? Pixel{} : line[column];
        }
      }
    }
  });
  return result;
}

}  // namespace

at::Tensor gather_pixels(const at::Tensor& images, const at::Tensor& rows,
                         const at::Tensor& columns) {
  if (images.is_cpu()) return gather_on_cpu(images, rows, columns);
  const at::Device device = images.device();
  const at::Tensor n =
      at::arange(images.size(0), at::TensorOptions().dtype(at::kLong).device(device))
          .view({-1, 1, 1});
  // All that lies outside is found in a margin of one pixel.
  const at::Tensor framed = at::constant_pad_nd(images, {1, 1, 1, 1});
  const at::Tensor y = upload(rows.clamp(-1, images.size(2)) + 1, device).unsqueeze(2);
  const at::Tensor x = upload(columns.clamp(-1, images.size(3)) + 1, device).unsqueeze(1);
  // One gather on [N, H, W, C], whose memory is that of a channels-last batch.
  return framed.permute({0, 2, 3, 1}).index({n, y, x}).permute({0, 3, 1, 2});
}

}  // namespace nas::child_trainer
