#include "child_trainer/score.h"
#include "search_space/cost.h"

namespace nas::child_trainer {
namespace {

double compute(Network& network, const Batch&) {
  return static_cast<double>(search_space::cost_of(network.graph()).parameters);
}

const common::Register<Score> kRegister{{.name = "parameters",
                                         .summary = "Number of trainable parameters",
                                         .needs_batch = false,
                                         .compute = compute}};

}  // namespace
}  // namespace nas::child_trainer
