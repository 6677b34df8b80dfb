// What a device does at most: the two sides of the roofline (Williams et al. 2009).
#pragma once

#include <ATen/core/Tensor.h>

namespace nas::child_trainer {

struct Roofline {
  double flops = 0.0;             // a second, of a large matrix product: 2 a multiply-add
  double bytes_per_second = 0.0;  // of a triad, a = b + s c, over arrays larger than the caches
};

// The best of repeated runs on this process's threads, in float32, or the product in bfloat16.
// About a second; takes half a GiB of memory for so long.
Roofline measure_roofline(at::Device device, bool bf16);

}  // namespace nas::child_trainer
