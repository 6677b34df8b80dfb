// The DARTS space, and what a space of cells does with architectures that are not its own.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "search_space/space.h"

namespace nas::search_space {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

const Space& darts_space() {
  static const auto made = common::Registry<SpacePlugin>::find("darts").make();
  return *made;
}

std::string darts_key(const Architecture& architecture) {
  return darts_space().key(darts_space().choices(architecture));
}

TEST_CASE("darts space: as many cells as the paper counts, and those with `none`",
          "[search_space]") {
  double cells = 1.0;
  double without_none = 1.0;
  for (const Decision& decision : darts_space().decisions()) {
    if (decision.name.rfind("normal.", 0) != 0) continue;
    const auto values = static_cast<double>(decision.values.size());
    cells *= values;
    without_none *= decision.kind == "operation" ? values - 1 : values;
  }
  CHECK(without_none == 1.0 * 3 * 6 * 10 * 5764801);  // 1.04e9: Liu et al. 2019, appendix A.2
  CHECK(cells == 1.0 * 3 * 6 * 10 * 16777216);
}

TEST_CASE("darts space: published cells come out to the digit", "[search_space]") {
  const std::pair<std::string, int64_t> published[] = {
      {"darts-v1", 3169414}, {"darts-v2", 3349342}, {"pc-darts", 3634678}, {"p-darts", 3433798}};
  for (const auto& [name, parameters] : published) {
    CAPTURE(name);
    const Choices choices = darts_space().choices(find_architecture(name));
    REQUIRE(darts_space().valid(choices));
    const Architecture through = darts_space().architecture(choices);
    CHECK(cost_of(build_network(through, {.cells = 6, .filters = 36})).parameters == parameters);
    CHECK(darts_space().choices(through) == choices);
  }
}

TEST_CASE("darts space: what adds nothing does not count", "[search_space]") {
  Architecture one = find_architecture("darts-v2");
  Architecture other = one;
  auto& node = one.cells["normal"].nodes[1];
  node.edges = {{.state = 0, .op = "sep_conv_3x3"}, {.state = 1, .op = "none"}};
  other.cells["normal"].nodes[1].edges = {{.state = 2, .op = "none"},
                                          {.state = 0, .op = "sep_conv_3x3"}};
  CHECK(darts_key(one) == darts_key(other));
  // In a normal cell a skip connection passes its input on, in a reduction cell it has weights.
  for (const std::string cell : {"normal", "reduction"}) {
    const auto with = [&](const std::vector<Edge>& second, const std::vector<Edge>& third) {
      Architecture architecture = find_architecture("darts-v2");
      architecture.cells[cell].nodes[1].edges = second;
      architecture.cells[cell].nodes[2].edges = third;
      return architecture;
    };
    const Edge skip{.state = 0, .op = "skip_connect"};
    const Edge none{.state = 1, .op = "none"};
    const bool same = darts_key(with({skip, none}, {{.state = 3, .op = "sep_conv_5x5"}, none})) ==
                      darts_key(with({skip, none}, {{.state = 0, .op = "sep_conv_5x5"}, none}));
    CHECK(same == (cell == "normal"));
  }
}

TEST_CASE("darts space: a node of nothing is zeros", "[search_space]") {
  Architecture architecture = find_architecture("darts-v2");
  for (auto& [name, cell] : architecture.cells) {
    for (CellNode& node : cell.nodes) {
      for (Edge& edge : node.edges) edge.op = "none";
    }
  }
  const NetworkGraph graph = build_network(architecture, {.classes = 7, .cells = 1, .filters = 8});
  CHECK(graph.nodes[static_cast<size_t>(graph.logits)].shape == Shape{7, 1, 1});
  CHECK(darts_key(architecture) == ">,,,/>,,,");
}

TEST_CASE("darts space: says what is not its own", "[search_space]") {
  const auto refused = [](const auto& change, const std::string& why) {
    Architecture architecture = find_architecture("darts-v2");
    change(architecture);
    CHECK_THROWS_MATCHES(darts_space().choices(architecture), common::DataError,
                         MessageMatches(ContainsSubstring(why)));
  };
  refused([](Architecture& a) { a = find_architecture("nasnet-a"); }, "family nasnet");
  refused([](Architecture& a) { a.cells.erase("reduction"); }, "no cell reduction");
  refused([](Architecture& a) { a.cells["normal"].concat = {5}; }, "the form of cell normal");
  refused([](Architecture& a) { a.cells["normal"].nodes.pop_back(); },
          "expected 2 inputs, 4 nodes");
  refused([](Architecture& a) { a.cells["normal"].nodes[2].edges[0].op = "max_pool_7x7"; },
          "'max_pool_7x7' of node 2");
  refused([](Architecture& a) { a.cells["normal"].nodes[3].edges.pop_back(); },
          "the inputs of node 3");
  refused([](Architecture& a) { a.cells["normal"].nodes[3].edges[0].state = 2; },
          "the inputs of node 3");
  refused([](Architecture& a) { a.cells["normal"].nodes[0].combine = "concat"; },
          "the combination of node 0");
}

}  // namespace
}  // namespace nas::search_space
