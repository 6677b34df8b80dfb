#include "search_space/space.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "common/error.h"
#include "tests/support/decision_space.h"

namespace nas::search_space {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using common::DataError;
using common::InternalError;
using controller::DecisionSpace;
using controller::numbered;

std::unique_ptr<Space> nasnet() { return common::Registry<SpacePlugin>::find("nasnet").make(); }

// "inner" is there if "outer" is 1, "innermost" if "inner" is 0.
const DecisionSpace& nested() {
  static const DecisionSpace space({
      {.name = "outer", .values = numbered(3), .kind = "a"},
      {.name = "free", .values = numbered(2), .kind = "b"},
      {.name = "inner",
       .values = numbered(2),
       .kind = "b",
       .active_if = Decision::Condition{.decision = 0, .choice = 1}},
      {.name = "innermost",
       .values = numbered(4),
       .kind = "c",
       .active_if = Decision::Condition{.decision = 2, .choice = 0}},
  });
  return space;
}

double log10_of_size(const Space& space) {
  double sum = 0;
  for (const Decision& decision : space.decisions()) {
    sum += std::log10(static_cast<double>(decision.values.size()));
  }
  return sum;
}

TEST_CASE("space: valid choices", "[search_space]") {
  const Space& space = nested();
  CHECK(space.valid({1, 0, 0, 3}));
  CHECK(space.valid({1, 0, 1, kInactive}));
  CHECK(space.valid({0, 1, kInactive, kInactive}));
  CHECK_FALSE(space.valid({}));
  CHECK_FALSE(space.valid({1, 0, 0}));
  CHECK_FALSE(space.valid({1, 0, 0, 3, 0}));
  CHECK_FALSE(space.valid({3, 0, kInactive, kInactive}));
  CHECK_FALSE(space.valid({kInactive, 0, kInactive, kInactive}));
  CHECK_FALSE(space.valid({0, 0, 0, 0}));
  CHECK_FALSE(space.valid({1, 0, kInactive, kInactive}));
  CHECK_FALSE(space.valid({1, 0, 1, 0}));
}

TEST_CASE("space: samples are uniform over the values of what is active", "[search_space]") {
  common::RandomStream random({.seed = 1, .purpose = "test"});
  std::vector<int> outer(3, 0);
  std::vector<int> innermost(4, 0);
  int reached = 0;
  for (int i = 0; i < 12000; ++i) {
    const Choices choices = nested().sample(random);
    REQUIRE(nested().valid(choices));
    ++outer[static_cast<size_t>(choices[0])];
    if (choices[3] == kInactive) continue;
    ++innermost[static_cast<size_t>(choices[3])];
    ++reached;
  }
  for (const int count : outer) CHECK(std::abs(count - 4000) < 250);
  CHECK(std::abs(reached - 2000) < 200);
  for (const int count : innermost) CHECK(std::abs(count - reached / 4) < 100);
}

TEST_CASE("space: neighbours forget and remember what depends on the change", "[search_space]") {
  const auto from_outer = nested().neighbours({0, 1, kInactive, kInactive});
  CHECK(from_outer == std::vector<Choices>{{1, 1, 0, 0},
                                           {2, 1, kInactive, kInactive},
                                           {0, 0, kInactive, kInactive}});
  const auto from_inner = nested().neighbours({1, 0, 0, 3});
  CHECK(from_inner == std::vector<Choices>{{0, 0, kInactive, kInactive},
                                           {2, 0, kInactive, kInactive},
                                           {1, 1, 0, 3},
                                           {1, 0, 1, kInactive},
                                           {1, 0, 0, 0},
                                           {1, 0, 0, 1},
                                           {1, 0, 0, 2}});
}

TEST_CASE("space: an unknown name is answered with the known ones", "[search_space]") {
  CHECK_THROWS_MATCHES(
      common::Registry<SpacePlugin>::find("nats"), common::UsageError,
      MessageMatches(ContainsSubstring("one of: darts, hyper, nasbench201, nasnet")));
}

TEST_CASE("space: the published sizes", "[search_space]") {
  CHECK(nasnet()->decisions().size() == 50);
  CHECK(std::abs(log10_of_size(*nasnet()) - std::log10(5.23e36)) < 0.001);
  const auto nasbench = common::Registry<SpacePlugin>::find("nasbench201").make();
  CHECK(nasbench->decisions().size() == 6);
  CHECK(std::abs(log10_of_size(*nasbench) - std::log10(15625.0)) < 1e-9);
}

TEST_CASE("space: NASNet's decisions are those of the paper, in its order", "[search_space]") {
  const auto space = nasnet();
  const auto& decisions = space->decisions();
  CHECK(decisions[0].name == "normal.block0.left.state");
  CHECK(decisions[4].name == "normal.block0.combine");
  CHECK(decisions[25].name == "reduction.block0.left.state");
  CHECK(decisions[49].name == "reduction.block4.combine");
  CHECK(decisions[0].values.size() == 2);
  CHECK(decisions[45].values.size() == 6);
  CHECK(decisions[2].values.size() == 13);
  CHECK(decisions[4].values == std::vector<std::string>{"add", "concat"});
}

TEST_CASE("space: NASNet cells concatenate what no block uses", "[search_space]") {
  const auto space = nasnet();
  const Architecture architecture = space->architecture(Choices(50, 0));
  // Every block takes state 0 twice: all others are free.
  for (const auto& [name, cell] : architecture.cells) {
    CHECK(cell.concat == std::vector<int>{1, 2, 3, 4, 5, 6});
    CHECK(cell.nodes[0].edges[0] == Edge{.state = 0, .op = "identity"});
    CHECK(cell.nodes[0].combine == "add");
  }
  CHECK(architecture.family == "nasnet");
}

TEST_CASE("space: the order of a sum does not change NASNet's key, that of a concatenation does",
          "[search_space]") {
  const auto space = nasnet();
  Choices choices(50, 0);
  choices[1] = 1;   // right state of the first block
  choices[2] = 10;  // left operation
  Choices swapped = choices;
  std::swap(swapped[0], swapped[1]);
  std::swap(swapped[2], swapped[3]);
  CHECK(space->key(choices) == space->key(swapped));
  // States and operations go together.
  Choices mixed = choices;
  std::swap(mixed[2], mixed[3]);
  CHECK(space->key(choices) != space->key(mixed));
  choices[4] = swapped[4] = 1;
  CHECK(space->key(choices) != space->key(swapped));
}

TEST_CASE("space: every single decision changes NASNet's key", "[search_space]") {
  const auto space = nasnet();
  common::RandomStream random({.seed = 3, .purpose = "test"});
  const Choices choices = space->sample(random);
  size_t equal = 0;
  const auto neighbours = space->neighbours(choices);
  for (const Choices& neighbour : neighbours) {
    if (space->key(neighbour) == space->key(choices)) ++equal;
  }
  CHECK(equal == 0);
}

TEST_CASE("space: invalid choices are a fault, foreign architectures are not", "[search_space]") {
  for (const std::string name : {"nasnet", "nasbench201"}) {
    CAPTURE(name);
    const auto space = common::Registry<SpacePlugin>::find(name).make();
    const Choices good(space->decisions().size(), 0);
    CHECK_THROWS_AS(space->architecture({}), InternalError);
    Choices bad = good;
    bad.back() = 100;
    CHECK_THROWS_AS(space->architecture(bad), InternalError);
    bad.back() = -2;
    CHECK_THROWS_AS(space->architecture(bad), InternalError);

    CHECK_THROWS_AS(space->choices(find_architecture("nasnet-a")), DataError);  // its own concat
    CHECK_THROWS_AS(space->choices(find_architecture("darts-v2")), DataError);
    CHECK_THROWS_AS(space->choices({}), DataError);
    Architecture other = space->architecture(good);
    other.cells.at("normal").nodes.pop_back();
    CHECK_THROWS_AS(space->choices(other), DataError);
    other = space->architecture(good);
    other.cells.at("normal").nodes[0].edges[0].op = "dil_conv_3x3";
    CHECK_THROWS_AS(space->choices(other), DataError);
    other = space->architecture(good);
    other.cells.at("normal").nodes[0].edges.pop_back();
    CHECK_THROWS_AS(space->choices(other), DataError);
    other = space->architecture(good);
    other.family = "darts";
    CHECK_THROWS_AS(space->choices(other), DataError);
  }
}

TEST_CASE("space: a cell that differs where the space has no decision is not in it",
          "[search_space]") {
  for (const std::string name : {"nasnet", "nasbench201"}) {
    CAPTURE(name);
    const auto space = common::Registry<SpacePlugin>::find(name).make();
    const Choices good(space->decisions().size(), 0);
    Architecture other = space->architecture(good);
    other.cells.at("normal").concat = {0};
    CHECK_THROWS_AS(space->choices(other), DataError);
    other = space->architecture(good);
    other.cells.at("normal").nodes[0].combine = "multiply";
    CHECK_THROWS_AS(space->choices(other), DataError);
  }
}

}  // namespace
}  // namespace nas::search_space
