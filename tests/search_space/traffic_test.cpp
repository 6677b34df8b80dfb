#include "search_space/traffic.h"

#include <catch2/catch_test_macros.hpp>

#include "search_space/graph_builder.h"

namespace nas::search_space {
namespace {

TEST_CASE("traffic: a chain counted by hand", "[search_space]") {
  GraphBuilder graph({3, 8, 8});
  int x = graph.conv2d("conv", graph.image(), {.channels = 4});
  x = graph.relu(graph.batch_norm("bn", x));
  const Traffic traffic = traffic_of(graph.finish(x, std::nullopt, 4));
  const double image = 4.0 * 3 * 64;
  const double map = 4.0 * 4 * 64;
  CHECK(traffic.inference_bytes == image + map + 2 * map + 2 * map);
  // Convolution: both three times. Batch norm: 5 + 3. ReLU: 2 + 3.
  CHECK(traffic.training_bytes == 3 * image + 3 * map + 8 * map + 5 * map);
}

TEST_CASE("traffic: gradients of a value with several readers are added", "[search_space]") {
  GraphBuilder graph({2, 4, 4});
  const int x = graph.batch_norm("bn", graph.image());
  const int sum = graph.add({graph.relu(x), x});
  const Traffic traffic = traffic_of(graph.finish(sum, std::nullopt, 2));
  const double map = 4.0 * 2 * 16;
  // Batch norm 8, ReLU 5, the sum 2 + 1, and 3 for the two gradients of x.
  CHECK(traffic.training_bytes == (8 + 5 + 3 + 3) * map);
}

TEST_CASE("traffic: the auxiliary head is trained, not run", "[search_space]") {
  const auto bytes = [](bool auxiliary) {
    GraphBuilder graph({2, 4, 4});
    const int x = graph.relu(graph.image());
    std::optional<int> second;
    graph.set_auxiliary(true);
    if (auxiliary) second = graph.linear("second", x, 3);
    graph.set_auxiliary(false);
    return traffic_of(graph.finish(graph.linear("first", x, 3), second, 3));
  };
  CHECK(bytes(true).inference_bytes == bytes(false).inference_bytes);
  CHECK(bytes(true).training_bytes > bytes(false).training_bytes);
}

}  // namespace
}  // namespace nas::search_space
