// What every registered operation must do.
#include "search_space/op.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "search_space/architecture.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"

namespace nas::search_space {
namespace {

constexpr int64_t kFilters = 8;

std::vector<std::string> operations() { return common::Registry<Op>::names(); }

struct Site {
  Shape input;
  int64_t stride = 1;
};

// Stride 1 and 2; even, odd and unequal sizes; the width asked for, half and twice of it.
std::vector<Site> sites() {
  std::vector<Site> all;
  for (const int64_t stride : {1, 2}) {
    for (const int64_t channels : {kFilters, 2 * kFilters, kFilters / 2}) {
      for (const int64_t size : {8, 7, 5}) {
        all.push_back({.input = {channels, size, size}, .stride = stride});
      }
      all.push_back({.input = {channels, 8, 5}, .stride = stride});
    }
  }
  return all;
}

// The operation alone, on an image, within the scope "here".
struct Built {
  NetworkGraph graph;  // of the nodes that the output depends on
  Shape shape;
  size_t appended = 0;  // nodes, with the image
};

Built build(const std::string& name, const Site& site) {
  GraphBuilder builder(site.input);
  const auto scope = builder.scope("here");
  const int output =
      append_op(builder, name, builder.image(), {.filters = kFilters, .stride = site.stride});
  const Shape shape = builder.shape(output);
  const auto appended = static_cast<size_t>(builder.sigmoid(output));  // its index
  return {.graph = builder.finish(output, std::nullopt, kFilters),
          .shape = shape,
          .appended = appended};
}

TEST_CASE("op: a name, a summary and its function", "[conformance][op]") {
  REQUIRE(!operations().empty());
  for (const auto& [name, entry] : common::Registry<Op>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK(!entry.plugin.summary.empty());
    CHECK(static_cast<bool>(entry.plugin.append));
    CHECK(name.find_first_of(" .~|+/") == std::string::npos);  // it is part of paths and texts
    if (entry.plugin.is_none) CHECK_FALSE(entry.plugin.droppable);
  }
}

TEST_CASE("op: the output has the filters asked for and size / stride, rounded up",
          "[conformance][op]") {
  for (const auto& name : operations()) {
    for (const Site& site : sites()) {
      CAPTURE(name, site.stride, site.input.channels, site.input.height, site.input.width);
      const Shape expected{kFilters, (site.input.height + site.stride - 1) / site.stride,
                           (site.input.width + site.stride - 1) / site.stride};
      CHECK(build(name, site).shape == expected);
    }
  }
}

TEST_CASE("op: names are unique and inside the scope that is open", "[conformance][op]") {
  for (const auto& name : operations()) {
    for (const Site& site : sites()) {
      CAPTURE(name, site.stride, site.input.channels);
      const Built built = build(name, site);
      const std::string prefix = "here." + name + ".";
      std::set<std::string> seen;
      for (size_t i = 1; i < built.graph.nodes.size(); ++i) {
        const Node& node = built.graph.nodes[i];
        CAPTURE(node.name);
        CHECK(seen.insert(node.name).second);
        CHECK(common::starts_with(node.name, prefix));
        for (const int input : node.inputs) CHECK((input >= 0 && input < static_cast<int>(i)));
        for (const auto* tensors : {&node.parameters, &node.buffers}) {
          for (const TensorSpec& tensor : *tensors) {
            CHECK(seen.insert(tensor.name).second);
            CHECK(common::starts_with(tensor.name, node.name + "."));
            CHECK(tensor.count() > 0);
          }
        }
      }
    }
  }
}

TEST_CASE("op: every node that was appended is used", "[conformance][op]") {
  for (const auto& name : operations()) {
    for (const Site& site : sites()) {
      CAPTURE(name, site.stride, site.input.channels);
      const Built built = build(name, site);
      CHECK(built.graph.nodes.size() == built.appended);
    }
  }
}

TEST_CASE("op: the same site gives the same graph", "[conformance][op]") {
  for (const auto& name : operations()) {
    const Site site{.input = {2 * kFilters, 7, 7}, .stride = 2};
    const Built one = build(name, site);
    const Built two = build(name, site);
    REQUIRE(one.graph.nodes.size() == two.graph.nodes.size());
    for (size_t i = 0; i < one.graph.nodes.size(); ++i) {
      CHECK(one.graph.nodes[i].name == two.graph.nodes[i].name);
      CHECK(one.graph.nodes[i].kind == two.graph.nodes[i].kind);
      CHECK(one.graph.nodes[i].inputs == two.graph.nodes[i].inputs);
    }
  }
}

std::vector<std::pair<std::string, Shape>> shapes_of(const NetworkGraph& graph) {
  std::vector<std::pair<std::string, Shape>> shapes;
  for (const auto& [name, node] : graph.end_points) {
    shapes.emplace_back(name, graph.nodes[static_cast<size_t>(node)].shape);
  }
  return shapes;
}

// Puts each operation at each edge of each cell and builds the network: the shapes stay.
void check_drop_in(const std::string& architecture_name, const NetworkOptions& options) {
  const Architecture published = find_architecture(architecture_name);
  const auto expected = shapes_of(build_network(published, options));
  for (const auto& name : operations()) {
    for (const auto& [cell_name, cell] : published.cells) {
      for (size_t node = 0; node < cell.nodes.size(); ++node) {
        for (size_t edge = 0; edge < cell.nodes[node].edges.size(); ++edge) {
          CAPTURE(name, architecture_name, cell_name, node, edge);
          Architecture changed = published;
          changed.cells[cell_name].nodes[node].edges[edge].op = name;
          const NetworkGraph graph = build_network(changed, options);
          CHECK((shapes_of(graph) == expected));
          CHECK(cost_of(graph).parameters > 0);
          CHECK(architecture_from_json(to_json(changed), "test") == changed);
        }
      }
    }
  }
}

TEST_CASE("op: drop-in at every place of NASNet-A", "[conformance][op]") {
  check_drop_in("nasnet-a", {.input_size = 16, .cells = 1, .filters = 8});
  check_drop_in("nasnet-a", {.input_size = 33, .cells = 1, .filters = 8, .stem = "strided"});
}

TEST_CASE("op: drop-in at every place of the DARTS cells", "[conformance][op]") {
  check_drop_in("darts-v2", {.input_size = 17, .cells = 1, .filters = 8});
}

TEST_CASE("op: drop-in at every edge of a NAS-Bench-201 cell", "[conformance][op]") {
  check_drop_in("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|",
                {.input_size = 15, .cells = 1, .filters = 8});
}

}  // namespace
}  // namespace nas::search_space
