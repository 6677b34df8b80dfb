#include "child_trainer/latency.h"

#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>

#include "search_space/network_family.h"

namespace nas::child_trainer {
namespace {

Network small_network() {
  const auto architecture = search_space::find_architecture(
      "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_1x1~2|");
  return Network(search_space::build_network(
                     architecture, {.input_size = 16, .classes = 4, .cells = 1, .filters = 8}),
                 at::kCPU, {.seed = 1});
}

TEST_CASE("latency: it is positive, and that of many images is longer", "[child_trainer]") {
  Network network = small_network();
  const double one = median_latency_ms(network, 1);
  CHECK(one > 0);
  // 400 times the work; a busy machine may slow either.
  CHECK(median_latency_ms(network, 400) > 3 * one);
}

TEST_CASE("latency: measuring leaves the network as it was", "[child_trainer]") {
  Network network = small_network();
  const Network fresh = small_network();
  median_latency_ms(network, 2);
  const auto expected = fresh.state(true);
  for (const auto& [name, tensor] : network.state(true)) {
    CAPTURE(name);
    CHECK(at::equal(tensor, expected.at(name)));
    CHECK_FALSE(tensor.grad().defined());
  }
}

}  // namespace
}  // namespace nas::child_trainer
