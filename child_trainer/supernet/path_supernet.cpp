#include "child_trainer/supernet/path_supernet.h"

#include "common/error.h"

namespace nas::child_trainer {

namespace {
constexpr int64_t kMostAttempts = 100;
}

search_space::NetworkGraph PathSupernet::graph_of(
    const search_space::Architecture& architecture) const {
  return search_space::build_network(architecture, job().network);
}

search_space::NetworkGraph PathSupernet::graph_of_path(const Step& step) const {
  for (int64_t attempt = 0;; ++attempt) {
    try {
      return graph_of(path_(step.epoch, step.number, attempt));
    } catch (const common::ConfigError&) {
      if (attempt + 1 == kMostAttempts) throw;
    }
  }
}

StepLoss PathSupernet::train(const Batch& batch, const Step& step) {
  Subnetwork path(mutable_bank(), graph_of_path(step), job().settings);
  StepLoss loss = forward_loss(path.network(), batch, job().settings,
                               {.drop_path = step.drop_path, .key = step.key});
  loss.loss.backward();
  path.step(step.learning_rate);
  return loss;
}

}  // namespace nas::child_trainer
