#include "child_trainer/augmentation.h"

#include <ATen/ATen.h>

#include "child_trainer/device.h"

namespace nas::child_trainer {

at::Tensor gather_pixels(const at::Tensor& images, const at::Tensor& rows,
                         const at::Tensor& columns) {
  const at::Device device = images.device();
  const at::Tensor n =
      at::arange(images.size(0), at::TensorOptions().dtype(at::kLong).device(device))
          .view({-1, 1, 1});
  const at::Tensor y = upload(rows, device).unsqueeze(2);     // [N, H, 1]
  const at::Tensor x = upload(columns, device).unsqueeze(1);  // [N, 1, W]
  // One gather on [N, H, W, C], whose memory is that of a channels-last batch.
  return images.permute({0, 2, 3, 1}).index({n, y, x}).permute({0, 3, 1, 2});
}

}  // namespace nas::child_trainer
