#include "engine/local_workers.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "engine/helper_process.h"
#include "engine/search_options.h"

namespace nas::engine {
namespace {

TEST_CASE("local workers: each gets one of the GPUs, in turn", "[engine]") {
  const std::vector<int64_t> all = {0, 1, 2};
  CHECK(visible_gpu(0, all, "") == "0");
  CHECK(visible_gpu(2, all, "") == "2");
  CHECK(visible_gpu(3, all, "") == "0");
  CHECK(visible_gpu(7, {5}, "") == "5");
  CHECK(visible_gpu(1, {3, 1}, "") == "1");
}

TEST_CASE("local workers: GPUs are named as the user or a batch system named them", "[engine]") {
  CHECK(visible_gpu(0, {0, 1}, "4,7") == "4");
  CHECK(visible_gpu(1, {0, 1}, "4,7") == "7");
  CHECK(visible_gpu(0, {1}, "4, 7") == "7");
  CHECK(visible_gpu(1, {2, 0}, "GPU-a1,GPU-b2,GPU-c3") == "GPU-a1");
}

TEST_CASE("local workers: a worker knows how many share its GPU", "[engine]") {
  CHECK(workers_on_gpu(0, 1, 1) == 1);
  CHECK(workers_on_gpu(3, 4, 1) == 4);
  CHECK(workers_on_gpu(0, 2, 4) == 1);
  for (const int64_t gpus : {1, 2, 3}) {
    for (const int64_t workers : {1, 2, 5, 6, 7}) {
      CAPTURE(workers, gpus);
      for (int64_t gpu = 0; gpu < std::min(workers, gpus); ++gpu) {
        int64_t there = 0;
        for (int64_t i = 0; i < workers; ++i) there += i % gpus == gpu ? 1 : 0;
        CHECK(workers_on_gpu(gpu, workers, gpus) == there);
        if (gpu + gpus < workers) CHECK(workers_on_gpu(gpu + gpus, workers, gpus) == there);
      }
    }
  }
}

TEST_CASE("local workers: children that share a GPU share its memory", "[engine]") {
  common::Options options = search_options();
  CHECK(child_gpu_memory(options, 100e9, 1) == 0.0);  // all of it
  CHECK(child_gpu_memory(options, 100e9, 4) == 0.85 * 100e9 / 4);
  options.set("child-memory", "4GB", "flag");
  CHECK(child_gpu_memory(options, 100e9, 1) == 4e9);
  CHECK(child_gpu_memory(options, 100e9, 40) == 4e9);
}

}  // namespace
}  // namespace nas::engine
