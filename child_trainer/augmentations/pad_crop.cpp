#include <ATen/ATen.h>

#include "child_trainer/augmentation.h"

namespace nas::child_trainer {
namespace {

// Pads by an eighth of the side (4 pixels at 32) with the mean colour, then cuts the old size out.
at::Tensor apply(const at::Tensor& images, std::vector<common::RandomStream>& random) {
  const int64_t count = images.size(0);
  const int64_t height = images.size(2);
  const int64_t width = images.size(3);
  const int64_t pad = std::max<int64_t>(1, height / 8);
  at::Tensor rows = at::empty({count, height}, at::kLong);
  at::Tensor columns = at::empty({count, width}, at::kLong);
  auto at_row = rows.accessor<int64_t, 2>();
  auto at_column = columns.accessor<int64_t, 2>();
  for (int64_t i = 0; i < count; ++i) {
    auto& stream = random[static_cast<size_t>(i)];
    const int64_t top = stream.integer(2 * pad + 1);
    const int64_t left = stream.integer(2 * pad + 1);
    for (int64_t y = 0; y < height; ++y) at_row[i][y] = top + y - pad;
    for (int64_t x = 0; x < width; ++x) at_column[i][x] = left + x - pad;
  }
  return gather_pixels(images, rows, columns);
}

const common::Register<Augmentation> kRegister{
    {.name = "pad-crop",
     .summary = "Pads by an eighth of the side and cuts at random (4 pixels at 32)",
     .apply = apply}};

}  // namespace
}  // namespace nas::child_trainer
