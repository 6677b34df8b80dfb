#include <ATen/ATen.h>

#include "child_trainer/augmentation.h"

namespace nas::child_trainer {
namespace {

at::Tensor apply(const at::Tensor& images, std::vector<common::RandomStream>& random) {
  const int64_t count = images.size(0);
  const int64_t height = images.size(2);
  const int64_t width = images.size(3);
  const at::Tensor rows = at::arange(height, at::kLong).expand({count, height});
  at::Tensor columns = at::arange(width, at::kLong).repeat({count, 1});
  auto at_column = columns.accessor<int64_t, 2>();
  for (int64_t i = 0; i < count; ++i) {
    if (!random[static_cast<size_t>(i)].chance(0.5)) continue;
    for (int64_t x = 0; x < width; ++x) at_column[i][x] = width - 1 - x;
  }
  return gather_pixels(images, rows, columns);
}

const common::Register<Augmentation> kRegister{
    {.name = "flip", .summary = "Mirrors every second image left to right", .apply = apply}};

}  // namespace
}  // namespace nas::child_trainer
