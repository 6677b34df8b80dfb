#include "child_trainer/device.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <new>
#include <thread>

#include "common/error.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::ContainsSubstring;

TEST_CASE("device: names", "[child_trainer]") {
  CHECK(find_device("cpu").is_cpu());
  CHECK((find_device("auto").is_cpu() == (cuda_device_count() == 0)));
  CHECK_THROWS_AS(find_device("tpu"), common::ConfigError);
  CHECK_THROWS_AS(find_device("cuda:999"), common::ConfigError);
  CHECK_THROWS_AS(find_device("cuda:"), common::ConfigError);
  CHECK_THROWS_AS(find_device("cuda:x"), common::ConfigError);
  CHECK_FALSE(library_version().empty());
}

TEST_CASE("device: the GPUs that a name names", "[child_trainer]") {
  using Numbers = std::vector<int64_t>;
  CHECK(gpus_named("cpu", 4).empty());
  CHECK(gpus_named("auto", 0).empty());
  CHECK(gpus_named("auto", 3) == Numbers{0, 1, 2});
  CHECK(gpus_named("cuda", 2) == Numbers{0, 1});
  CHECK(gpus_named("cuda:1", 2) == Numbers{1});
  CHECK(gpus_named("cuda:3,0,12", 13) == Numbers{3, 0, 12});
  for (const std::string name : {"tpu", "", "CPU", "cuda0", "cpu,cuda", "0,1"}) {
    CAPTURE(name);
    CHECK_THROWS_WITH(gpus_named(name, 4), ContainsSubstring("unknown device"));
  }
  for (const std::string name : {"cuda:4", "cuda:0,4", "cuda:", "cuda:x", "cuda:0,", "cuda:,0",
                                 "cuda:0, 1", "cuda:-1", "cuda:1,cuda:2", "cuda:99999999999"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(gpus_named(name, 4), common::ConfigError);
    CHECK_THROWS_WITH(gpus_named(name, 4), ContainsSubstring("cuda:0 .. cuda:3"));
  }
  CHECK_THROWS_WITH(gpus_named("cuda:1,2,1", 4), ContainsSubstring("twice"));
  CHECK_THROWS_WITH(gpus_named("cuda", 0), ContainsSubstring("no GPU"));
  CHECK_THROWS_WITH(gpus_named("cuda:0,1", 0), ContainsSubstring("no GPU"));
}

TEST_CASE("device: the devices of a search", "[child_trainer]") {
  REQUIRE(find_devices("cpu").size() == 1);
  CHECK(find_devices("cpu")[0].is_cpu());
  CHECK(static_cast<int64_t>(find_devices("auto").size()) ==
        std::max<int64_t>(1, cuda_device_count()));
  CHECK((find_devices("auto")[0] == find_device("auto")));
  CHECK(device_text(find_devices("cpu")) == "cpu");
  CHECK_THROWS_AS(find_devices("cuda:0,999"), common::ConfigError);
  CHECK_THROWS_AS(find_device("cuda:0,1"), common::ConfigError);
  CHECK_THROWS_WITH(find_device("cuda:0,1"), ContainsSubstring("only a search takes a list"));
}

TEST_CASE("device: threads are shared among children", "[child_trainer]") {
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  CHECK(threads_a_child(1) == cores);
  CHECK(threads_a_child(0) == cores);
  CHECK(threads_a_child(2) * 2 <= cores + 1);
  CHECK(threads_a_child(10000) == 1);
}

TEST_CASE("device: what allocators throw is known from other errors", "[child_trainer]") {
  const auto thrown = [](const auto& work) {
    try {
      work();
    } catch (const std::exception& error) {
      return is_out_of_memory(error);
    }
    FAIL("nothing was thrown");
    return false;
  };
  CHECK(thrown([] { throw std::bad_alloc(); }));
  CHECK(thrown([] { at::empty({int64_t{1} << 50}); }));  // beyond any address
  CHECK_FALSE(thrown([] { at::empty({2}).add(at::empty({3})); }));
  CHECK_FALSE(thrown(
      [] { throw common::DataError({.where = "file", .what = "not enough memory cards"}); }));
}

}  // namespace
}  // namespace nas::child_trainer
