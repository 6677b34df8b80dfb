// Augmentations change a whole batch on its device. One file each in child_trainer/augmentations/.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "common/random.h"
#include "common/registry.h"

namespace nas::child_trainer {

struct Augmentation {
  static constexpr const char* kKind = "augmentation";
  std::string name;
  std::string summary;
  // images: float [N, 3, H, W], normalised (0 is the mean colour); returns a tensor of that shape.
  // random[i] belongs to sample i alone and is keyed by (seed, trial, epoch, name, image), so that
  // an image is changed in the same way whatever batch or rank it is in.
  at::Tensor (*apply)(const at::Tensor& images,
                      std::vector<common::RandomStream>& random) = nullptr;
};

// The pixel (n, y, x) of the result is (n, rows[n, y], columns[n, x]) of the batch, and 0, the mean
// colour, where that lies outside of it. rows int64 [N, H], columns int64 [N, W], both on the CPU.
// The result's memory is channels-last.
at::Tensor gather_pixels(const at::Tensor& images, const at::Tensor& rows,
                         const at::Tensor& columns);

}  // namespace nas::child_trainer
