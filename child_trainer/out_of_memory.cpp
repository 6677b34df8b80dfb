#include "child_trainer/out_of_memory.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>

namespace nas::child_trainer {

bool is_out_of_memory(const std::exception& error) {
  const std::string text = error.what();
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         text.find("can't allocate memory") != std::string::npos ||
         text.find("not enough memory") != std::string::npos;
}

}  // namespace nas::child_trainer
