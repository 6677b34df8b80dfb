#include "engine/child_evaluator.h"
#include "engine/search_options.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {
namespace {

const common::Register<EvaluatorPlugin> kRegister{
    {.name = "shared",
     .summary = "Trains one supernet and rewards networks with its weights (ENAS, SPOS, DARTS)",
     .check =
         [](const common::Options& options) {
           parse_bytes("child-memory", options.text("child-memory"));
           common::Options checked = options;
           checked.set_value("evaluator", "shared", "flag");
           SupernetSchedule::check(checked);
         },
     .make = make_child_evaluator,
     .exact = "the same weights give the same reward",
     .in_order = true}};

}  // namespace
}  // namespace nas::engine
