// The precompiled header of everything that uses LibTorch.
#include <c10/util/Logging.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

// LibTorch's logging defines a CHECK that ends the program; in tests the name is Catch2's.
#undef CHECK
