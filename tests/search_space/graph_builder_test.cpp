#include "search_space/graph_builder.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"

namespace nas::search_space {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using common::ConfigError;
using common::InternalError;
using Sizes = std::vector<int64_t>;

int64_t halved(int64_t size, int64_t stride) { return (size + stride - 1) / stride; }

// The node `x` as the finished graph has it.
Node finished(GraphBuilder& graph, int x) {
  const NetworkGraph network = graph.finish(x, std::nullopt, 1);
  return network.nodes.at(static_cast<size_t>(network.logits));
}

TEST_CASE("graph builder: a padded convolution gives size / stride, rounded up", "[search_space]") {
  for (const int64_t size : {1, 5, 7, 8, 32}) {
    for (const int64_t kernel : {1, 3, 5, 7}) {
      for (const int64_t stride : {1, 2}) {
        for (const int64_t dilation : {1, 2}) {
          CAPTURE(size, kernel, stride, dilation);
          GraphBuilder graph({6, size, size + 3});
          const int x = graph.conv2d("conv", graph.image(),
                                     {.channels = 4,
                                      .kernel_h = kernel,
                                      .kernel_w = kernel,
                                      .stride_h = stride,
                                      .stride_w = stride,
                                      .dilation = dilation});
          CHECK(graph.shape(x) == Shape{4, halved(size, stride), halved(size + 3, stride)});
        }
      }
    }
  }
}

TEST_CASE("graph builder: a convolution without padding loses its kernel's border",
          "[search_space]") {
  GraphBuilder graph({3, 9, 12});
  const ConvSpec spec{.channels = 4, .kernel_h = 3, .kernel_w = 5, .same_padding = false};
  CHECK(graph.shape(graph.conv2d("a", graph.image(), spec)) == Shape{4, 7, 8});
  ConvSpec strided = spec;
  strided.stride_h = strided.stride_w = 2;
  CHECK(graph.shape(graph.conv2d("b", graph.image(), strided)) == Shape{4, 4, 4});
}

TEST_CASE("graph builder: the two directions of a convolution are apart", "[search_space]") {
  GraphBuilder graph({3, 9, 9});
  const int x = graph.conv2d("conv", graph.image(), {.channels = 4, .kernel_w = 7, .stride_w = 2});
  CHECK(graph.shape(x) == Shape{4, 9, 5});
  const Node node = finished(graph, x);
  CHECK(node.parameters[0].shape == Sizes{4, 3, 1, 7});
  CHECK(node.attributes.top == 0);
  CHECK(node.attributes.left == 3);
}

TEST_CASE("graph builder: parameters have the shapes that safetensors readers expect",
          "[search_space]") {
  GraphBuilder graph({6, 8, 8});
  const auto scope = graph.scope("stem");
  SECTION("convolution") {
    const ConvSpec spec{.channels = 4, .kernel_h = 3, .kernel_w = 5, .groups = 2, .bias = true};
    const Node node = finished(graph, graph.conv2d("conv", graph.image(), spec));
    CHECK(node.kind == Primitive::kConv2d);
    REQUIRE(node.parameters.size() == 2);
    CHECK(node.parameters[0].name == "stem.conv.weight");
    CHECK(node.parameters[0].shape == Sizes{4, 3, 3, 5});
    CHECK(node.parameters[0].count() == 180);
    CHECK(node.parameters[1].name == "stem.conv.bias");
    CHECK(node.parameters[1].shape == Sizes{4});
  }
  SECTION("batch norm") {
    graph.set_batch_norm(1e-3, 0.01);
    const Node node = finished(graph, graph.batch_norm("bn", graph.image()));
    REQUIRE(node.parameters.size() == 2);
    REQUIRE(node.buffers.size() == 2);
    CHECK(node.parameters[0].name == "stem.bn.weight");
    CHECK(node.parameters[1].name == "stem.bn.bias");
    CHECK(node.buffers[0].name == "stem.bn.running_mean");
    CHECK(node.buffers[1].name == "stem.bn.running_var");
    CHECK(node.buffers[1].shape == Sizes{6});
    CHECK(node.attributes.epsilon == 1e-3);
    CHECK(node.attributes.momentum == 0.01);
  }
  SECTION("linear flattens its input") {
    const int x = graph.linear("classifier", graph.image(), 10);
    CHECK(graph.shape(x) == Shape{10, 1, 1});
    const Node node = finished(graph, x);
    CHECK(node.parameters[0].shape == Sizes{10, 6 * 8 * 8});
    CHECK(node.parameters[1].shape == Sizes{10});
  }
}

TEST_CASE("graph builder: names follow the open scopes and never repeat", "[search_space]") {
  GraphBuilder graph({3, 8, 8});
  std::vector<int> all;
  {
    const auto outer = graph.scope("cell0");
    all.push_back(graph.sigmoid(graph.image()));
    const auto inner = graph.scope("left");
    all.push_back(graph.sigmoid(graph.image()));
    all.push_back(graph.sigmoid(graph.image()));
  }
  all.push_back(graph.sigmoid(graph.image()));
  const NetworkGraph network = graph.finish(graph.add(all), std::nullopt, 1);
  std::vector<std::string> names;
  for (const Node& node : network.nodes) names.push_back(node.name);
  CHECK(names == std::vector<std::string>{"image", "cell0.sigmoid0", "cell0.left.sigmoid0",
                                          "cell0.left.sigmoid1", "sigmoid0", "add0"});
}

TEST_CASE("graph builder: the relu of a node is computed once", "[search_space]") {
  GraphBuilder graph({3, 8, 8});
  const int x = graph.relu(graph.image());
  const auto scope = graph.scope("elsewhere");
  CHECK(graph.relu(graph.image()) == x);
  CHECK(graph.relu(x) != x);
}

TEST_CASE("graph builder: pools", "[search_space]") {
  for (const int64_t size : {5, 7, 8}) {
    for (const int64_t kernel : {3, 5, 7}) {
      for (const int64_t stride : {1, 2}) {
        CAPTURE(size, kernel, stride);
        GraphBuilder graph({4, size, size});
        const Shape expected{4, halved(size, stride), halved(size, stride)};
        const PoolSpec spec{.kernel = kernel, .stride = stride};
        CHECK(graph.shape(graph.max_pool(graph.image(), spec)) == expected);
        CHECK(graph.shape(graph.avg_pool(graph.image(), spec)) == expected);
      }
    }
  }
  GraphBuilder graph({4, 8, 8});
  const PoolSpec bare{.kernel = 5, .stride = 3, .same_padding = false};
  CHECK(graph.shape(graph.avg_pool(graph.image(), bare)) == Shape{4, 2, 2});
  CHECK(graph.shape(graph.global_avg_pool(graph.image())) == Shape{4, 1, 1});
}

TEST_CASE("graph builder: sums, concatenations and products", "[search_space]") {
  GraphBuilder graph({4, 8, 8});
  const int x = graph.image();
  const int wide = graph.conv2d("wide", x, {.channels = 6});
  const int small = graph.max_pool(x, {.kernel = 3, .stride = 2});
  CHECK(graph.add({x}) == x);
  CHECK(graph.concat({x}) == x);
  CHECK(graph.shape(graph.add({x, x, x})) == Shape{4, 8, 8});
  CHECK(graph.shape(graph.concat({x, wide, x})) == Shape{14, 8, 8});
  CHECK(graph.shape(graph.mul(x, graph.global_avg_pool(x))) == Shape{4, 8, 8});
  CHECK_THROWS_AS(graph.add({x, wide}), InternalError);
  CHECK_THROWS_AS(graph.add({x, small}), InternalError);
  CHECK_THROWS_AS(graph.concat({x, small}), InternalError);
  CHECK_THROWS_AS(graph.mul(x, wide), InternalError);
}

TEST_CASE("graph builder: pad, slice and zeros", "[search_space]") {
  GraphBuilder graph({4, 8, 6});
  const int padded = graph.pad(graph.image(), 1, 2, 3, 4);
  CHECK(graph.shape(padded) == Shape{4, 12, 12});
  CHECK(graph.shape(graph.slice(padded, 2, 5)) == Shape{4, 10, 7});
  CHECK(graph.shape(graph.zeros(graph.image(), {9, 3, 2})) == Shape{9, 3, 2});
  CHECK_THROWS_AS(graph.slice(graph.image(), 8, 0), ConfigError);
}

TEST_CASE("graph builder: dropout of nothing is nothing", "[search_space]") {
  GraphBuilder graph({4, 8, 8});
  CHECK(graph.dropout(graph.image(), 0.0) == graph.image());
  CHECK(graph.dropout(graph.image(), 0.5) != graph.image());
  const int x = graph.drop_path(graph.image(), 0.25);
  CHECK(x != graph.image());
  CHECK(finished(graph, x).attributes.depth_ratio == 0.25);
}

TEST_CASE("graph builder: a factorised reduction halves odd and even sizes", "[search_space]") {
  for (const int64_t size : {1, 5, 7, 8}) {
    for (const int64_t channels : {2, 7, 16}) {
      CAPTURE(size, channels);
      GraphBuilder graph({4, size, size});
      const int x = graph.factorized_reduction("reduction", graph.image(), channels, true);
      CHECK(graph.shape(x) == Shape{channels, halved(size, 2), halved(size, 2)});
      CHECK(finished(graph, x).name == "reduction.bn");
    }
  }
}

TEST_CASE("graph builder: nothing left of the image or its channels is the user's to mend",
          "[search_space]") {
  GraphBuilder graph({3, 5, 5});
  const auto scope = graph.scope("cell0");
  CHECK_THROWS_MATCHES(
      graph.conv2d("conv", graph.image(),
                   {.channels = 4, .kernel_h = 7, .kernel_w = 7, .same_padding = false}),
      ConfigError,
      MessageMatches(ContainsSubstring("[cell0.conv] the image is too small") &&
                     ContainsSubstring("--input-size")));
  CHECK_THROWS_MATCHES(graph.conv2d("conv", graph.image(), {.channels = 0}), ConfigError,
                       MessageMatches(ContainsSubstring("[cell0.conv] too few filters") &&
                                      ContainsSubstring("--filters")));
  CHECK_THROWS_AS(graph.factorized_reduction("reduction", graph.image(), 1, true), ConfigError);
}

TEST_CASE("graph builder: shapes that do not fit are faults that name the node", "[search_space]") {
  GraphBuilder graph({3, 5, 5});
  const auto scope = graph.scope("cell0");
  CHECK_THROWS_MATCHES(graph.conv2d("grouped", graph.image(), {.channels = 4, .groups = 2}),
                       InternalError,
                       MessageMatches(ContainsSubstring("[cell0.grouped] groups do not divide")));
}

TEST_CASE("graph builder: a kernel larger than the map does not fit at any stride",
          "[search_space]") {
  GraphBuilder graph({3, 4, 4});
  for (const int64_t stride : {1, 2, 3}) {
    CAPTURE(stride);
    CHECK_THROWS_AS(
        graph.avg_pool(graph.image(), {.kernel = 5, .stride = stride, .same_padding = false}),
        ConfigError);
  }
}

TEST_CASE("graph builder: the finished graph", "[search_space]") {
  GraphBuilder graph({3, 8, 8});
  const int x = graph.relu_conv_bn("conv", graph.image(), {.channels = 4});
  graph.end_point("stem", x);
  graph.set_auxiliary(true);
  const int auxiliary = graph.linear("auxiliary", x, 7);
  graph.set_auxiliary(false);
  const int logits = graph.linear("classifier", x, 7);
  const NetworkGraph network = graph.finish(logits, auxiliary, 7);
  CHECK(network.logits == logits);
  CHECK(network.auxiliary_logits == std::optional<int>(auxiliary));
  CHECK(network.classes == 7);
  REQUIRE(network.end_points.size() == 1);
  CHECK(network.end_points[0].first == "stem");
  CHECK(network.end_points[0].second == x);
  REQUIRE(network.nodes.size() == 6);
  const Primitive kinds[] = {Primitive::kInput,     Primitive::kRelu,   Primitive::kConv2d,
                             Primitive::kBatchNorm, Primitive::kLinear, Primitive::kLinear};
  for (size_t i = 0; i < 6; ++i) {
    CHECK(network.nodes[i].kind == kinds[i]);
    CHECK(network.nodes[i].auxiliary == (i == 4));
    for (const int input : network.nodes[i].inputs) CHECK(input < static_cast<int>(i));
  }
}

TEST_CASE("graph builder: every primitive has a text of its own", "[search_space]") {
  CHECK(primitive_text(Primitive::kInput) == "input");
  CHECK(primitive_text(Primitive::kConv2d) == "conv2d");
  CHECK(primitive_text(Primitive::kGlobalAvgPool) == "global_avg_pool");
  CHECK(primitive_text(Primitive::kWeightedSum) == "weighted_sum");
}

}  // namespace
}  // namespace nas::search_space
