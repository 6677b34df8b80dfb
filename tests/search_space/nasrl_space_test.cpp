// Networks of layers (Zoph and Le 2017).
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <map>

#include "common/error.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "search_space/space.h"

namespace nas::search_space {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

std::unique_ptr<Space> nasrl_space(const std::string& name = "nasrl") {
  return common::Registry<SpacePlugin>::find(name).make();
}

// Two layers read the image, the third reads both, nobody reads it or the fourth.
Architecture four_layers() {
  return {.family = "nasrl",
          .cells = {},
          .layers = {{.kernel_h = 3, .kernel_w = 5, .filters = 36},
                     {.kernel_h = 1, .kernel_w = 1, .filters = 24, .stride = 2},
                     {.kernel_h = 7, .kernel_w = 3, .filters = 48, .inputs = {0, 1}},
                     {.kernel_h = 3, .kernel_w = 3, .filters = 64, .stride = 3, .inputs = {1}}}};
}

Shape nasrl_shape(const NetworkGraph& graph, const std::string& end_point) {
  for (const auto& [name, node] : graph.end_points) {
    if (name == end_point) return graph.nodes[static_cast<size_t>(node)].shape;
  }
  return {};
}

TEST_CASE("nasrl: layers, their sizes and their weights", "[search_space]") {
  const NetworkGraph graph =
      build_network(four_layers(), {.input_size = 32, .classes = 10, .filters = 24});
  CHECK(nasrl_shape(graph, "layer0") == Shape{36, 32, 32});
  CHECK(nasrl_shape(graph, "layer1") == Shape{24, 16, 16});
  CHECK(nasrl_shape(graph, "layer2") == Shape{48, 32, 32});  // the smaller input was padded
  CHECK(nasrl_shape(graph, "layer3") == Shape{64, 6, 6});
  const int64_t convolutions = 3 * 5 * 3 * 36 + 3 * 24 + 7 * 3 * (36 + 24) * 48 + 3 * 3 * 24 * 64;
  const int64_t batch_norms = 2 * (36 + 24 + 48 + 64);
  const int64_t classifier = (48 + 64) * 10 + 10;
  CHECK(cost_of(graph).parameters == convolutions + batch_norms + classifier);
  std::map<Primitive, int> count;
  for (const Node& node : graph.nodes) ++count[node.kind];
  CHECK(count[Primitive::kConv2d] == 4);
  CHECK(count[Primitive::kRelu] == 4);
  CHECK(count[Primitive::kPad] == 2);  // of layer 1 for layer 2, of layer 3 at the end
  CHECK(count[Primitive::kConcat] == 2);
}

TEST_CASE("nasrl: filters scale with those of the narrowest layer", "[search_space]") {
  const NetworkGraph graph = build_network(four_layers(), {.input_size = 32, .filters = 8});
  CHECK(nasrl_shape(graph, "layer0") == Shape{12, 32, 32});
  CHECK(nasrl_shape(graph, "layer3") == Shape{21, 6, 6});  // 21.3
}

TEST_CASE("nasrl: larger images are halved first", "[search_space]") {
  CHECK(nasrl_shape(build_network(four_layers(), {.input_size = 32}), "stem").height == 32);
  CHECK(nasrl_shape(build_network(four_layers(), {.input_size = 64}), "layer0").height == 32);
  CHECK(nasrl_shape(build_network(four_layers(), {.input_size = 128}), "layer0").height == 32);
}

TEST_CASE("nasrl: the published sizes of the spaces", "[search_space]") {
  std::map<std::string, int> kinds;
  const auto fixed = nasrl_space();
  for (const Decision& decision : fixed->decisions()) ++kinds[decision.kind];
  CHECK(kinds == std::map<std::string, int>{
                     {"height", 15}, {"width", 15}, {"filters", 15}, {"skip", 15 * 14 / 2}});
  kinds.clear();
  const auto strided = nasrl_space("nasrl-strides");
  for (const Decision& decision : strided->decisions()) ++kinds[decision.kind];
  CHECK(kinds ==
        std::map<std::string, int>{
            {"height", 20}, {"width", 20}, {"filters", 20}, {"stride", 20}, {"skip", 20 * 19 / 2}});
}

TEST_CASE("nasrl: choices are layers, and the key names them", "[search_space]") {
  const auto space = nasrl_space("nasrl-strides");
  Choices choices(space->decisions().size(), 0);
  const auto& decisions = space->decisions();
  const auto set = [&](const std::string& name, int choice) {
    for (size_t i = 0; i < decisions.size(); ++i) {
      if (decisions[i].name == name) choices[i] = choice;
    }
  };
  set("layer0.height", 2);
  set("layer1.width", 3);
  set("layer1.stride", 1);
  set("layer2.filters", 3);
  set("layer2.from0", 1);
  set("layer2.from1", 1);
  const Architecture architecture = space->architecture(choices);
  CHECK(architecture.layers[0] == Layer{.kernel_h = 5, .kernel_w = 1, .filters = 24});
  CHECK(architecture.layers[1] == Layer{.kernel_h = 1, .kernel_w = 7, .filters = 24, .stride = 2});
  CHECK(architecture.layers[2] ==
        Layer{.kernel_h = 1, .kernel_w = 1, .filters = 64, .inputs = {0, 1}});
  CHECK_THAT(space->key(choices),
             Catch::Matchers::StartsWith("5x1x24(),1x7x24/2(),1x1x64(0+1),1x1x24(),"));
}

TEST_CASE("nasrl: says what does not fit", "[search_space]") {
  const auto unreadable = [](const auto& change, const std::string& why) {
    common::Json json = to_json(four_layers());
    change(json);
    CHECK_THROWS_MATCHES(architecture_from_json(json, "a.json"), common::DataError,
                         MessageMatches(ContainsSubstring(why)));
  };
  using common::Json;
  unreadable(
      [](Json& json) {
        json["layers"][2]["inputs"] = {0, 2};
      },
      "[a.json: layer 2] not an earlier layer, or not in ascending order; got 2");
  unreadable([](Json& json) { json["layers"][2]["inputs"] = {1, 0}; }, "got 0");
  unreadable(
      [](Json& json) {
        json["layers"][0]["kernel"] = {3, 4};
      },
      "layer 0] not the size of a kernel; got [3,4]");
  unreadable([](Json& json) { json["layers"][3]["filters"] = 0; }, "layer 3");
  unreadable([](Json& json) { json["layers"][1].erase("stride"); }, "'stride' is missing");

  CHECK_THROWS_MATCHES(build_network({.family = "nasrl", .cells = {}}, {}), common::DataError,
                       MessageMatches(ContainsSubstring("family nasrl needs layers")));
  CHECK_THROWS_MATCHES(build_network(four_layers(), {.auxiliary = true}), common::ConfigError,
                       MessageMatches(ContainsSubstring("no auxiliary head")));
  CHECK_THROWS_MATCHES(nasrl_space()->choices(four_layers()), common::DataError,
                       MessageMatches(ContainsSubstring("it has 4 layers")));
  const auto strided = nasrl_space("nasrl-strides");
  common::RandomStream random({.seed = 1, .purpose = "test"});
  Architecture foreign = strided->architecture(strided->sample(random));
  foreign.layers[4].filters = 40;
  CHECK_THROWS_MATCHES(strided->choices(foreign), common::DataError,
                       MessageMatches(ContainsSubstring("40 in layer 4")));
}

}  // namespace
}  // namespace nas::search_space
