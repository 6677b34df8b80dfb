#include "child_trainer/start_from.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "child_trainer/tensors.h"
#include "common/log.h"

namespace nas::child_trainer {

void start_from(const Network& network, const std::filesystem::path& file) {
  const at::NoGradGuard no_grad;
  const auto stored = common::read_safetensors(file);
  const auto state = network.state(true);
  size_t taken = 0;
  for (const auto& [name, tensor] : state) {
    const auto found = stored.tensors.find(name);
    if (found != stored.tensors.end() && tensor.sizes() == at::IntArrayRef(found->second.shape)) {
      tensor.copy_(load_tensor(found->second));
      ++taken;
    }
  }
  const std::string text = std::to_string(taken) + " of " + std::to_string(state.size()) +
                           " tensors start as in " + file.string();
  if (2 * taken < state.size()) {
    common::log_warning(text + ": the others have other names or shapes there");
  } else {
    common::log_info(text);
  }
}

}  // namespace nas::child_trainer
