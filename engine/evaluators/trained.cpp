#include "engine/child_evaluator.h"
#include "engine/search_options.h"

namespace nas::engine {
namespace {

const common::Register<EvaluatorPlugin> kRegister{
    {.name = "trained",
     .summary = "Trains a child network on the proxy dataset",
     .check =
         [](const common::Options& options) {
           parse_bytes("child-memory", options.text("child-memory"));
         },
     .make = make_child_evaluator,
     .by_epoch = true}};

}  // namespace
}  // namespace nas::engine
