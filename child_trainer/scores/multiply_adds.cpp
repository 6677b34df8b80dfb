#include "child_trainer/score.h"
#include "search_space/cost.h"

namespace nas::child_trainer {
namespace {

double compute(Network& network, const Batch&) {
  return static_cast<double>(search_space::cost_of(network.graph()).multiply_adds);
}

const common::Register<Score> kRegister{
    {.name = "multiply-adds",
     .summary = "Multiply-adds of convolutions and linear layers, one image",
     .needs_batch = false,
     .compute = compute}};

}  // namespace
}  // namespace nas::child_trainer
