#include "child_trainer/device.h"

#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "common/error.h"

namespace nas::child_trainer {
namespace {

TEST_CASE("device: names", "[child_trainer]") {
  CHECK(find_device("cpu").is_cpu());
  CHECK((find_device("auto").is_cpu() == (cuda_device_count() == 0)));
  CHECK_THROWS_AS(find_device("tpu"), common::ConfigError);
  CHECK_THROWS_AS(find_device("cuda:999"), common::ConfigError);
  CHECK_THROWS_AS(find_device("cuda:"), common::ConfigError);
  CHECK_THROWS_AS(find_device("cuda:x"), common::ConfigError);
  CHECK_FALSE(library_version().empty());
}

TEST_CASE("device: threads are shared among children", "[child_trainer]") {
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  CHECK(threads_a_child(1) == cores);
  CHECK(threads_a_child(0) == cores);
  CHECK(threads_a_child(2) * 2 <= cores + 1);
  CHECK(threads_a_child(10000) == 1);
}

}  // namespace
}  // namespace nas::child_trainer
