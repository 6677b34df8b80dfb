// What cell graphs tell apart, and what they do not.
#include "search_space/cell_graph.h"

#include <catch2/catch_test_macros.hpp>

namespace nas::search_space {
namespace {

const CellRules kRules = {
    .passes = [](const Cell&, const Edge& edge) { return edge.op == "skip_connect"; },
    .is_linear = [](const Edge& edge) { return edge.op == "avg_pool_3x3"; }};

CellNode add(const std::vector<Edge>& edges) { return {.edges = edges}; }
CellNode concat(const std::vector<Edge>& edges) { return {.edges = edges, .combine = "concat"}; }

std::string text(const std::vector<CellNode>& nodes, const std::vector<int>& outputs) {
  return CellGraph({.nodes = nodes, .concat = outputs}, kRules).text();
}

TEST_CASE("cell graph: its text says what is computed from what", "[search_space]") {
  CHECK(text({add({{0, "conv_3x3"}, {1, "identity"}}), add({{2, "sep_conv_5x5"}, {0, "none"}})},
             {3, 1}) == "conv_3x3(0),identity(1),sep_conv_5x5(2+3)>4,1");
  CHECK(text({concat({{0, "conv_3x3"}, {1, "skip_connect"}})}, {2}) == "conv_3x3(0),concat(2&1)>3");
  CHECK(text({add({{0, "none"}, {1, "none"}})}, {2}) == ">");
  // A convolution of zeros is not zero: its batch norm has a bias.
  CHECK(text({add({{0, "none"}}), add({{2, "conv_1x1"}, {2, "avg_pool_3x3"}})}, {3}) ==
        "conv_1x1()>2");
}

TEST_CASE("cell graph: the terms of a sum have no order, the parts of a concatenation have one",
          "[search_space]") {
  const Edge one{0, "conv_3x3"};
  const Edge other{1, "sep_conv_3x3"};
  CHECK(text({add({one, other})}, {2}) == text({add({other, one})}, {2}));
  CHECK(text({concat({one, other})}, {2}) != text({concat({other, one})}, {2}));
  const std::vector<CellNode> nodes = {add({one, other}), add({one, one})};
  CHECK(text(nodes, {2, 3}) != text(nodes, {3, 2}));
}

TEST_CASE("cell graph: the order of nodes does not count", "[search_space]") {
  const CellNode one = add({{0, "conv_3x3"}, {1, "sep_conv_3x3"}});
  const CellNode other = add({{0, "conv_3x3"}, {1, "max_pool_3x3"}});  // a convolution like one's
  CHECK(text({one, other, add({{2, "conv_1x1"}, {3, "sep_conv_5x5"}})}, {4}) ==
        text({other, one, add({{2, "sep_conv_5x5"}, {3, "conv_1x1"}})}, {4}));
  CHECK(text({one, other, add({{2, "conv_1x1"}, {3, "sep_conv_5x5"}})}, {4}) !=
        text({one, other, add({{2, "sep_conv_5x5"}, {3, "conv_1x1"}})}, {4}));
  // Two nodes that are alike, read by operations that are alike.
  CHECK(text({one, one, add({{2, "conv_1x1"}, {3, "conv_1x1"}}),
              concat({{4, "conv_1x1"}, {2, "skip_connect"}})},
             {5}) == text({one, one, add({{3, "conv_1x1"}, {2, "conv_1x1"}}),
                           concat({{4, "conv_1x1"}, {3, "skip_connect"}})},
                          {5}));
}

TEST_CASE("cell graph: what is passed on is read where it was made", "[search_space]") {
  CHECK(text({add({{0, "skip_connect"}}), add({{2, "conv_3x3"}})}, {3}) ==
        text({add({{0, "conv_3x3"}})}, {2}));
  // A sum of a sum is one sum.
  CHECK(text({add({{0, "conv_3x3"}, {1, "conv_1x1"}}), add({{2, "skip_connect"}, {0, "identity"}})},
             {3}) ==
        text({add({{0, "identity"}, {1, "conv_1x1"}}), add({{0, "conv_3x3"}, {2, "skip_connect"}})},
             {3}));
  // What is there twice counts twice.
  CHECK(text({add({{0, "skip_connect"}, {0, "skip_connect"}})}, {2}) !=
        text({add({{0, "skip_connect"}})}, {2}));
}

TEST_CASE("cell graph: one operation read twice is not two operations", "[search_space]") {
  const CellNode made = add({{0, "conv_3x3"}});
  CHECK(text({made, add({{2, "skip_connect"}, {2, "conv_1x1"}})}, {3}) !=
        text({made, add({{0, "conv_3x3"}, {2, "conv_1x1"}})}, {3}));
  // Without weights it makes no difference.
  const CellNode pooled = add({{0, "avg_pool_3x3"}});
  CHECK(text({pooled, add({{2, "skip_connect"}, {2, "conv_1x1"}})}, {3}) ==
        text({pooled, add({{0, "avg_pool_3x3"}, {2, "conv_1x1"}})}, {3}));
  // Pooling a sum is adding pools.
  CHECK(text({add({{0, "conv_3x3"}, {1, "skip_connect"}}), add({{2, "avg_pool_3x3"}})}, {3}) ==
        text({add({{0, "conv_3x3"}}), add({{1, "avg_pool_3x3"}, {2, "avg_pool_3x3"}})}, {3}));
  // Maxima do not add up.
  CHECK(text({add({{0, "conv_3x3"}, {1, "skip_connect"}}), add({{2, "max_pool_3x3"}})}, {3}) !=
        text({add({{0, "conv_3x3"}}), add({{1, "max_pool_3x3"}, {2, "max_pool_3x3"}})}, {3}));
}

TEST_CASE("cell graph: what no output depends on is not there", "[search_space]") {
  const CellNode used = add({{0, "conv_3x3"}});
  const CellNode dead = add({{1, "sep_conv_3x3"}});
  CHECK(text({used, dead, add({{2, "conv_1x1"}, {3, "none"}})}, {4}) ==
        text({used, add({{2, "conv_1x1"}})}, {3}));
  CHECK(text({used, dead, add({{3, "conv_1x1"}})}, {2}) == text({used}, {2}));
}

}  // namespace
}  // namespace nas::search_space
