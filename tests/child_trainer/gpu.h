// What only a GPU can show: tests that run everywhere, and skip with the reason without one.
#pragma once

#include <ATen/Context.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "child_trainer/device.h"

namespace nas::child_trainer {

// The first GPU, set up as for a child, but without TF32: convolutions in it round at 1e-3.
inline at::Device first_gpu() {
  if (cuda_device_count() == 0) SKIP("no GPU: " + cuda_device_text(0));
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 1);  // cuBLAS reads it when it starts
  make_cuda_deterministic();
  at::globalContext().setAllowTF32CuDNN(false);
  return {at::kCUDA, 0};
}

}  // namespace nas::child_trainer
