// Which parameters networks share.
#include "search_space/shared_parameters.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "search_space/network_family.h"
#include "search_space/space.h"

namespace nas::search_space {
namespace {

using Parameters = std::map<std::string, SharedParameter>;  // by the network's own names

Parameters shared_of_graph(const NetworkGraph& graph) {
  Parameters result;
  const auto shared = shared_parameters(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (size_t p = 0; p < graph.nodes[i].parameters.size(); ++p)
      result[graph.nodes[i].parameters[p].name] = shared[i][p];
  }
  return result;
}

NetworkGraph graph_of(const std::string& architecture) {
  return build_network(find_architecture(architecture), {.cells = 1, .filters = 4});
}

TEST_CASE("shared parameters: slices cover a parameter, one after another", "[search_space]") {
  for (const auto& [name, entry] : common::Registry<SpacePlugin>::entries()) {
    if (entry.plugin.of_settings) continue;
    CAPTURE(name);
    const auto space = entry.plugin.make();
    common::RandomStream random({.seed = 1});
    for (int i = 0; i < 20; ++i) {
      const auto graph =
          build_network(space->architecture(space->sample(random)), {.cells = 1, .filters = 4});
      const auto shared = shared_parameters(graph);
      std::set<std::string> keys;
      for (size_t n = 0; n < graph.nodes.size(); ++n) {
        const auto& parameters = graph.nodes[n].parameters;
        REQUIRE(shared[n].size() == parameters.size());
        for (size_t p = 0; p < parameters.size(); ++p) {
          CAPTURE(parameters[p].name);
          for (const SharedSlice& slice : shared[n][p].slices) CHECK(keys.insert(slice.key).second);
          if (shared[n][p].dimension < 0) {
            CHECK(shared[n][p].slices.size() == 1);
            continue;
          }
          int64_t end = 0;
          for (const SharedSlice& slice : shared[n][p].slices) {
            CHECK(slice.begin == end);
            CHECK(slice.count > 0);
            end += slice.count;
          }
          CHECK(end == parameters[p].shape[static_cast<size_t>(shared[n][p].dimension)]);
        }
      }
    }
  }
}

TEST_CASE("shared parameters: where widths are fixed a place is shared whole", "[search_space]") {
  const auto one = shared_of_graph(
      graph_of("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|"));
  const auto other = shared_of_graph(
      graph_of("|avg_pool_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|"));
  const std::string place = "cell0.node1.from1.nor_conv_1x1.conv.weight";
  CHECK(one.at(place).dimension == -1);
  CHECK(one.at(place).slices[0].key == other.at(place).slices[0].key);
  CHECK(one.at("classifier.weight").slices[0].key == other.at("classifier.weight").slices[0].key);
}

// A NASNet cell whose blocks are all `add`, but the last, which reads `left` and `right`.
Architecture nasnet(int left, int right, const std::string& combine) {
  Architecture architecture{.family = "nasnet", .cells = {}};
  for (const std::string name : {"normal", "reduction"}) {
    Cell cell;
    for (int b = 0; b < 4; ++b)
      cell.nodes.push_back({.edges = {{0, "sep_conv_3x3"}, {1, "conv_1x1"}}});
    cell.nodes.push_back(
        {.edges = {{left, "sep_conv_3x3"}, {right, "max_pool_3x3"}}, .combine = combine});
    for (int state = 2; state < 7; ++state)
      if (state != left && state != right) cell.concat.push_back(state);
    architecture.cells[name] = cell;
  }
  return architecture;
}

TEST_CASE("shared parameters: what reads loose ends takes a slice for each state",
          "[search_space]") {
  const auto shared = [](const Architecture& architecture) {
    return shared_of_graph(build_network(architecture, {.cells = 1, .filters = 4}));
  };
  const auto one = shared(nasnet(2, 3, "add"));    // ends: 4, 5, 6
  const auto other = shared(nasnet(2, 4, "add"));  // 3, 5, 6
  const auto keys = [](const SharedParameter& parameter) {
    std::vector<std::string> list;
    for (const SharedSlice& slice : parameter.slices) list.push_back(slice.key);
    return list;
  };
  // The 1x1 of the reduction cell reads the first cell, 4 channels a state.
  const std::string reader = "reduction0.current.weight";
  const std::string key = "reduction0.current.weight@state";
  const std::string shape = "[8,4,1,1]";
  CHECK(keys(one.at(reader)) ==
        std::vector<std::string>{key + "4" + shape, key + "5" + shape, key + "6" + shape});
  CHECK(keys(other.at(reader)) ==
        std::vector<std::string>{key + "3" + shape, key + "5" + shape, key + "6" + shape});
  CHECK(keys(one.at("classifier.weight")).size() == 3);
  CHECK(keys(one.at("reduction0.current_bn.weight")).size() == 1);
  // The factorised reduction reads the same cell by two convolutions.
  CHECK(keys(one.at("cell1.previous.path1_conv.weight")).size() == 3);
  // A place says which state it reads.
  CHECK(one.at("cell0.block4.left.sep_conv_3x3.pointwise1.weight").slices[0].key ==
        "cell0.block4.left.from2.sep_conv_3x3.pointwise1.weight[4,4,1,1]");
  // A block that concatenates is twice as wide, and so a part of its own.
  const auto wide = shared(nasnet(2, 3, "concat"));
  CHECK(keys(wide.at(reader)).back() == key + "6[8,8,1,1]");
}

TEST_CASE("shared parameters: a layer has weights for each layer that it reads", "[search_space]") {
  const auto keys_of = [](std::vector<int> inputs) {
    Architecture architecture{.family = "nasrl", .cells = {}};
    for (int i = 0; i < 3; ++i) architecture.layers.push_back({.filters = 24, .inputs = {}});
    architecture.layers[1].inputs = {0};
    architecture.layers[2].inputs = std::move(inputs);
    const auto shared = shared_of_graph(build_network(architecture, {.filters = 12}));
    std::vector<std::string> keys;
    for (const SharedSlice& slice : shared.at("layer2.conv.weight").slices)
      keys.push_back(slice.key);
    return keys;
  };
  const std::string first = "layer2.conv.weight@layer0[12,12,3,3]";
  const std::string second = "layer2.conv.weight@layer1[12,12,3,3]";
  CHECK(keys_of({0}) == std::vector<std::string>{first});
  CHECK(keys_of({1}) == std::vector<std::string>{second});
  CHECK(keys_of({0, 1}) == std::vector<std::string>{first, second});
}

}  // namespace
}  // namespace nas::search_space
