#include "search_space/cost.h"

#include <catch2/catch_test_macros.hpp>

#include "common/error.h"
#include "search_space/network_family.h"

namespace nas::search_space {
namespace {

TEST_CASE("cost: a small network counted by hand", "[search_space]") {
  GraphBuilder graph({3, 8, 8});
  int x = graph.conv2d("conv", graph.image(), {.channels = 4, .kernel_h = 3, .kernel_w = 3});
  x = graph.relu(graph.batch_norm("bn", x));
  x = graph.linear("classifier", graph.global_avg_pool(x), 10);
  const Cost cost = cost_of(graph.finish(x, std::nullopt, 10));
  CHECK(cost.parameters == 3 * 3 * 3 * 4 + 2 * 4 + 4 * 10 + 10);
  CHECK(cost.buffers == 2 * 4);
  CHECK(cost.auxiliary_parameters == 0);
  CHECK(cost.multiply_adds == 3 * 3 * 3 * 4 * 8 * 8 + 4 * 10);
  // The image, the convolution's output, the relu's output, and the mean: float32.
  CHECK(cost.activation_bytes == 4 * (3 * 64 + 4 * 64 + 4 * 64 + 4));
}

TEST_CASE("cost: strides, groups and biases", "[search_space]") {
  GraphBuilder graph({8, 9, 9});
  const int x = graph.conv2d("conv", graph.image(),
                             {.channels = 8,
                              .kernel_h = 5,
                              .kernel_w = 5,
                              .stride_h = 2,
                              .stride_w = 2,
                              .groups = 8,
                              .bias = true});
  const Cost cost = cost_of(graph.finish(x, std::nullopt, 8));
  CHECK(cost.parameters == 8 * 25 + 8);
  CHECK(cost.multiply_adds == 8 * 25 * 5 * 5);  // the bias is no product
}

TEST_CASE("cost: the auxiliary head is counted apart", "[search_space]") {
  GraphBuilder graph({3, 8, 8});
  const int logits = graph.linear("classifier", graph.image(), 5);
  graph.set_auxiliary(true);
  const int normalised = graph.batch_norm("bn", graph.image());
  const int auxiliary = graph.linear("auxiliary", normalised, 5);
  graph.set_auxiliary(false);
  const Cost cost = cost_of(graph.finish(logits, auxiliary, 5));
  CHECK(cost.parameters == 3 * 64 * 5 + 5);
  CHECK(cost.auxiliary_parameters == 3 * 64 * 5 + 5 + 2 * 3);
  CHECK(cost.buffers == 2 * 3);
  CHECK(cost.multiply_adds == 3 * 64 * 5);
}

TEST_CASE("cost: operations without weights are free but keep what they need", "[search_space]") {
  GraphBuilder graph({3, 8, 8});
  const int x = graph.add({graph.image(), graph.image()});
  CHECK(cost_of(graph.finish(x, std::nullopt, 3)).activation_bytes == 0);
  GraphBuilder pooled({3, 8, 8});
  const int y = pooled.max_pool(pooled.image(), {.kernel = 3, .stride = 2});
  const Cost cost = cost_of(pooled.finish(y, std::nullopt, 3));
  CHECK(cost.parameters == 0);
  CHECK(cost.multiply_adds == 0);
  CHECK(cost.activation_bytes == 4 * 3 * 64 + 8 * 3 * 16);  // the input, and 64-bit indices
}

// A convolution with `weights` weights, on an image of 2^20 x 2^20.
Cost cost_of_convolution(int64_t weights) {
  GraphBuilder graph({1, int64_t{1} << 20, int64_t{1} << 20});
  const int x = graph.conv2d("conv", graph.image(), {.channels = weights});
  return cost_of(graph.finish(graph.global_avg_pool(x), std::nullopt, 1));
}

TEST_CASE("cost: a count that passes 63 bits is refused, not wrapped round", "[search_space]") {
  CHECK(cost_of_convolution(int64_t{1} << 21).multiply_adds == int64_t{1} << 61);
  CHECK_THROWS_AS(cost_of_convolution(int64_t{1} << 23), common::ConfigError);
  CHECK_THROWS_AS(cost_of_convolution(int64_t{1} << 40), common::ConfigError);
  const auto graph = build_network(
      find_architecture("nasnet-a"),
      {.input_size = 10000, .classes = 1000000, .cells = 20, .filters = 100000, .stem = "cifar"});
  CHECK_THROWS_AS(cost_of(graph), common::ConfigError);
}

}  // namespace
}  // namespace nas::search_space
