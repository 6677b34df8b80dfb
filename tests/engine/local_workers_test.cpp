#include "engine/local_workers.h"

#include <catch2/catch_test_macros.hpp>

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

}  // namespace
}  // namespace nas::engine
