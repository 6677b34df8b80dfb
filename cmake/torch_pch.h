// The precompiled header of everything that uses LibTorch. g++ instantiates its pending templates
// again in every file, so it holds what most files need and no more (torch/types.h: + 1.5 s a
// file).
#include <ATen/ATen.h>

#include "cmake/base_pch.h"

// LibTorch's logging defines a CHECK that ends the program; in tests the name is Catch2's.
#undef CHECK
