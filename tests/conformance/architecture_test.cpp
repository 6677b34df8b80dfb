// What every named architecture and every network family must do.
#include "search_space/architecture.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "common/registry.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"

namespace nas::search_space {
namespace {

std::vector<std::string> architectures() { return common::Registry<NamedArchitecture>::names(); }

TEST_CASE("architecture: a name, a summary and its function", "[conformance][architecture]") {
  REQUIRE(!architectures().empty());
  for (const auto& [name, entry] : common::Registry<NamedArchitecture>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK(!entry.plugin.summary.empty());
    REQUIRE(entry.plugin.make != nullptr);
    CHECK(entry.plugin.make() == entry.plugin.make());
  }
}

TEST_CASE("architecture: a family, a summary and its function", "[conformance][architecture]") {
  std::set<std::string> used;
  for (const auto& name : architectures()) used.insert(find_architecture(name).family);
  for (const auto& [name, entry] : common::Registry<NetworkFamily>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK(!entry.plugin.summary.empty());
    CHECK(entry.plugin.build != nullptr);
    used.erase(name);
  }
  CHECK(used.empty());
}

TEST_CASE("architecture: JSON and back", "[conformance][architecture]") {
  for (const auto& name : architectures()) {
    CAPTURE(name);
    const Architecture architecture = find_architecture(name);
    CHECK(architecture_from_json(to_json(architecture), name) == architecture);
  }
}

TEST_CASE("architecture: states are in range and the concat lists are explicit",
          "[conformance][architecture]") {
  for (const auto& name : architectures()) {
    const Architecture architecture = find_architecture(name);
    REQUIRE(!architecture.cells.empty());
    for (const auto& [cell_name, cell] : architecture.cells) {
      CAPTURE(name, cell_name);
      CHECK(!cell.concat.empty());
      CHECK(std::set<int>(cell.concat.begin(), cell.concat.end()).size() == cell.concat.size());
      for (size_t i = 0; i < cell.nodes.size(); ++i) {
        CHECK(!cell.nodes[i].edges.empty());
        for (const Edge& edge : cell.nodes[i].edges) {
          CHECK((edge.state >= 0 && edge.state < cell.inputs + static_cast<int>(i)));
        }
      }
    }
  }
}

void check_graph(const NetworkGraph& graph, int64_t classes) {
  std::set<std::string> names;
  REQUIRE(graph.nodes.at(0).kind == Primitive::kInput);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    CAPTURE(node.name);
    CHECK(names.insert(node.name).second);
    CHECK((i == 0) == node.inputs.empty());
    for (const int input : node.inputs) CHECK((input >= 0 && input < static_cast<int>(i)));
    for (const auto* tensors : {&node.parameters, &node.buffers}) {
      for (const TensorSpec& tensor : *tensors) {
        CHECK(names.insert(tensor.name).second);
        CHECK(common::starts_with(tensor.name, node.name + "."));
      }
    }
  }
  CHECK(graph.classes == classes);
  CHECK(graph.nodes.at(static_cast<size_t>(graph.logits)).shape == Shape{classes, 1, 1});
  REQUIRE(!graph.end_points.empty());
  CHECK(graph.end_points.front().first == "stem");
}

TEST_CASE("architecture: builds at every size of image, with and without auxiliary head",
          "[conformance][architecture]") {
  for (const auto& name : architectures()) {
    for (const int64_t size : {32, 35, 64, 97, 128}) {
      CAPTURE(name, size);
      NetworkOptions options{.input_size = size, .classes = 15, .cells = 2, .filters = 8};
      check_graph(build_network(find_architecture(name), options), 15);
      if (stem_for(options) == "imagenet") continue;  // too small a map for the head
      options.auxiliary = true;
      const NetworkGraph graph = build_network(find_architecture(name), options);
      check_graph(graph, 15);
      REQUIRE(graph.auxiliary_logits.has_value());
      CHECK(graph.nodes.at(static_cast<size_t>(*graph.auxiliary_logits)).shape == Shape{15, 1, 1});
    }
  }
}

}  // namespace
}  // namespace nas::search_space
