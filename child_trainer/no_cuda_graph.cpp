// This build has no CUDA parts (preset `cuda` has them).
#include "child_trainer/work_graph.h"
#include "common/error.h"

namespace nas::child_trainer {

std::unique_ptr<WorkGraph> make_work_graph(c10::Device device) {
  throw common::InternalError(
      {.where = "work graph", .what = "this build has no CUDA", .got = device.str()});
}

}  // namespace nas::child_trainer
