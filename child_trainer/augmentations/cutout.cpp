#include <ATen/ATen.h>

#include <algorithm>

#include "child_trainer/augmentation.h"
#include "child_trainer/device.h"

namespace nas::child_trainer {
namespace {

// DeVries and Taylor 2017: a square of half the side (16 pixels at 32), whose centre is anywhere in
// the image, becomes the mean colour.
at::Tensor apply(const at::Tensor& images, std::vector<common::RandomStream>& random) {
  const int64_t count = images.size(0);
  const int64_t height = images.size(2);
  const int64_t width = images.size(3);
  at::Tensor mask = at::ones({count, 1, height, width});
  auto* shown = mask.mutable_data_ptr<float>();
  for (int64_t i = 0; i < count; ++i) {
    auto& stream = random[static_cast<size_t>(i)];
    const int64_t y = stream.integer(height);
    const int64_t x = stream.integer(width);
    const int64_t top = std::max<int64_t>(0, y - height / 4);
    const int64_t left = std::max<int64_t>(0, x - width / 4);
    const int64_t bottom = std::min(height, y + height / 4);
    const int64_t right = std::min(width, x + width / 4);
    for (int64_t row = top; row < bottom; ++row) {
      float* line = shown + (i * height + row) * width;
      std::fill(line + left, line + right, 0.0F);
    }
  }
  return images * upload(mask, images.device());
}

const common::Register<Augmentation> kRegister{
    {.name = "cutout",
     .summary = "Hides a square of half the side (DeVries and Taylor 2017)",
     .apply = apply}};

}  // namespace
}  // namespace nas::child_trainer
