#pragma once

#include <exception>

namespace nas::child_trainer {

// Whether this is how LibTorch, its libraries or the standard one say that memory was refused.
bool is_out_of_memory(const std::exception& error);

}  // namespace nas::child_trainer
