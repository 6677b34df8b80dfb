#include "child_trainer/distributed/communicator.h"

#include <ATen/ATen.h>

#include <cstring>

namespace nas::child_trainer {

std::string broadcast_text(Communicator& communicator, const std::string& text) {
  const at::Tensor size = at::full({1}, static_cast<int64_t>(text.size()), at::kLong);
  communicator.broadcast(size);
  const at::Tensor bytes = at::empty({size.item<int64_t>()}, at::kByte);
  if (communicator.rank() == 0) std::memcpy(bytes.data_ptr(), text.data(), text.size());
  communicator.broadcast(bytes);
  return {static_cast<const char*>(bytes.data_ptr()), static_cast<size_t>(bytes.numel())};
}

}  // namespace nas::child_trainer
