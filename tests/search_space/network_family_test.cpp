// The sizes of the published networks.
#include "search_space/network_family.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "search_space/cost.h"
#include "search_space/space.h"

namespace nas::search_space {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using common::ConfigError;

NetworkGraph build(const std::string& architecture, const NetworkOptions& options) {
  return build_network(find_architecture(architecture), options);
}

Cost cost(const std::string& architecture, const NetworkOptions& options) {
  return cost_of(build(architecture, options));
}

Shape shape_at(const NetworkGraph& graph, const std::string& end_point) {
  for (const auto& [name, node] : graph.end_points) {
    if (name == end_point) return graph.nodes[static_cast<size_t>(node)].shape;
  }
  return {};
}

const NetworkOptions kDartsCifar{.cells = 6, .filters = 36};
constexpr const char* kAllConvolutions =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
    "|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|";

// Of every node.
std::vector<std::vector<int>> inputs_in(const NetworkGraph& graph) {
  std::vector<std::vector<int>> inputs;
  for (const Node& node : graph.nodes) inputs.push_back(node.inputs);
  return inputs;
}

TEST_CASE("network family: what a family ignores makes no difference, all else does",
          "[search_space]") {
  const auto nasrl = find_space("nasrl");
  const Architecture architectures[] = {find_architecture("nasnet-a"),
                                        find_architecture("darts-v2"),
                                        find_architecture(kAllConvolutions),
                                        nasrl->architecture(Choices(nasrl->decisions().size(), 0))};
  const NetworkOptions plain{.cells = 2, .filters = 24};
  for (const auto& architecture : architectures) {
    const NetworkGraph before = build_network(architecture, plain);
    const std::pair<std::string, NetworkOptions> changes[] = {
        {"cells", {.cells = 3, .filters = 24}},
        {"filters", {.cells = 2, .filters = 48}},
        {"stem", {.cells = 2, .filters = 24, .stem = "strided"}},
        {"stem-multiplier", {.cells = 2, .filters = 24, .stem_multiplier = 1.0}},
        {"skip-reduction-input", {.cells = 2, .filters = 24, .skip_reduction_input = true}}};
    CHECK(std::size(changes) == NetworkOptions().options().size());
    for (const auto& [name, changed] : changes) {
      CAPTURE(architecture.family, name);
      const NetworkGraph after = build_network(architecture, changed);
      const bool differs = cost_of(after).multiply_adds != cost_of(before).multiply_adds ||
                           inputs_in(after) != inputs_in(before);
      CHECK(differs == makes_difference(name, architecture));
    }
    CHECK(makes_difference("drop-path", architecture) ==
          std::any_of(before.nodes.begin(), before.nodes.end(),
                      [](const Node& node) { return node.kind == Primitive::kDropPath; }));
  }
}

TEST_CASE("network family: NASNet-A 6@768 for CIFAR", "[search_space]") {
  const NetworkOptions options{.cells = 6, .filters = 32, .auxiliary = true};
  const NetworkGraph graph = build("nasnet-a", options);
  const Cost counted = cost_of(graph);
  CHECK(counted.parameters == 3346538);
  CHECK(counted.auxiliary_parameters == 1631498);
  CHECK(counted.multiply_adds > 544200000);
  CHECK(counted.multiply_adds < 544400000);

  CHECK(graph.end_points.size() == 1 + 18 + 2);
  CHECK(graph.end_points.front().first == "stem");
  CHECK(shape_at(graph, "stem") == Shape{96, 32, 32});
  for (int cell = 0; cell < 18; ++cell) {
    CAPTURE(cell);
    const Shape expected[] = {{192, 32, 32}, {384, 16, 16}, {768, 8, 8}};
    CHECK(shape_at(graph, "cell" + std::to_string(cell)) == expected[cell / 6]);
  }
  CHECK(shape_at(graph, "reduction0") == Shape{256, 16, 16});
  CHECK(shape_at(graph, "reduction1") == Shape{512, 8, 8});
}

TEST_CASE("network family: NASNet-A mobile, 4@1056", "[search_space]") {
  const Cost counted =
      cost("nasnet-a",
           {.input_size = 224, .classes = 1001, .cells = 4, .filters = 44, .stem_multiplier = 1.0});
  CHECK(counted.parameters == 5291035);
  CHECK(counted.multiply_adds / 100000 == 5636);
}

TEST_CASE("network family: NASNet-A large, 6@4032", "[search_space]") {
  const Cost counted = cost("nasnet-a", {.input_size = 331,
                                         .classes = 1001,
                                         .cells = 6,
                                         .filters = 168,
                                         .stem_multiplier = 3.0,
                                         .skip_reduction_input = true});
  CHECK(counted.parameters + counted.buffers == 88953851);
  CHECK(counted.multiply_adds / 1000000 == 23783);
}

TEST_CASE("network family: the DARTS networks", "[search_space]") {
  CHECK(cost("darts-v1", kDartsCifar).parameters == 3169414);
  CHECK(cost("darts-v2", kDartsCifar).parameters == 3349342);
  CHECK(cost("pc-darts", kDartsCifar).parameters == 3634678);
  CHECK(cost("p-darts", kDartsCifar).parameters == 3433798);
  CHECK(cost("darts-v2", {.input_size = 224, .classes = 1000, .cells = 4, .filters = 48})
            .parameters == 4718752);
}

TEST_CASE("network family: NAS-Bench-201 with convolutions alone", "[search_space]") {
  const Cost counted = cost(kAllConvolutions, {.cells = 5, .filters = 16});
  CHECK(counted.parameters == 1531546);
  CHECK(counted.multiply_adds == 220119680);
}

// No publication: the number that this code has given since it was written.
TEST_CASE("network family: AmoebaNet-A does not change", "[search_space]") {
  CHECK(cost("amoebanet-a", kDartsCifar).parameters == 3218266);
}

TEST_CASE("network family: the auxiliary head changes nothing else", "[search_space]") {
  for (const std::string name : {"nasnet-a", "amoebanet-a", "darts-v2"}) {
    CAPTURE(name);
    NetworkOptions options{.cells = 2, .filters = 16};
    const Cost without = cost(name, options);
    options.auxiliary = true;
    const Cost with = cost(name, options);
    CHECK(without.auxiliary_parameters == 0);
    CHECK(with.auxiliary_parameters > 0);
    CHECK(with.parameters == without.parameters);
    CHECK(with.multiply_adds == without.multiply_adds);
  }
}

TEST_CASE("network family: the stem follows the image", "[search_space]") {
  CHECK(stem_for({.input_size = 8}) == "cifar");
  CHECK(stem_for({.input_size = 40}) == "cifar");
  CHECK(stem_for({.input_size = 41}) == "strided");
  CHECK(stem_for({.input_size = 96}) == "strided");
  CHECK(stem_for({.input_size = 97}) == "imagenet");
  CHECK(stem_for({.input_size = 97, .stem = "cifar"}) == "cifar");
  CHECK_THROWS_MATCHES(stem_for({.stem = "resnet"}), ConfigError,
                       MessageMatches(ContainsSubstring("auto | cifar | strided | imagenet")));
}

TEST_CASE("network family: every network is built at odd sizes under every stem",
          "[search_space]") {
  for (const std::string name : {"nasnet-a", "darts-v2", kAllConvolutions}) {
    for (const std::string stem : {"cifar", "strided", "imagenet"}) {
      for (const int64_t size : {32, 33, 47, 75, 97}) {
        CAPTURE(name, stem, size);
        const NetworkGraph graph =
            build(name, {.input_size = size, .classes = 7, .cells = 1, .filters = 8, .stem = stem});
        const Shape first = shape_at(graph, "cell0");
        const Shape last = shape_at(graph, "cell2");
        CHECK(last.height == (first.height + 3) / 4);
        CHECK(last.width == last.height);
        CHECK(last.channels == 4 * first.channels);
        CHECK(graph.nodes[static_cast<size_t>(graph.logits)].shape == Shape{7, 1, 1});
        CHECK(graph.classes == 7);
      }
    }
  }
}

TEST_CASE("network family: deeper paths are dropped more often", "[search_space]") {
  const NetworkGraph graph = build("nasnet-a", {.cells = 6, .filters = 4});
  std::vector<double> ratios;
  for (const Node& node : graph.nodes) {
    if (node.kind == Primitive::kDropPath) ratios.push_back(node.attributes.depth_ratio);
  }
  REQUIRE_FALSE(ratios.empty());
  CHECK(std::is_sorted(ratios.begin(), ratios.end()));
  CHECK(ratios.front() == 1.0 / 20.0);
  CHECK(ratios.back() == 1.0);
}

TEST_CASE("network family: dropout stands before the classifier", "[search_space]") {
  for (const double rate : {0.0, 0.5}) {
    const NetworkGraph graph = build("nasnet-a", {.cells = 1, .filters = 8, .dropout = rate});
    const Node& classifier = graph.nodes[static_cast<size_t>(graph.logits)];
    const Node& before = graph.nodes[static_cast<size_t>(classifier.inputs.at(0))];
    CHECK((before.kind == Primitive::kDropout) == (rate > 0));
    CHECK(before.attributes.rate == rate);
  }
}

TEST_CASE("network family: sizes out of range are refused", "[search_space]") {
  const std::vector<NetworkOptions> refused = {{.input_size = 7}, {.classes = 0}, {.cells = 0},
                                               {.cells = -1},     {.filters = 0}, {.filters = 15},
                                               {.filters = -2}};
  for (const NetworkOptions& options : refused) {
    CHECK_THROWS_MATCHES(build("nasnet-a", options), ConfigError,
                         MessageMatches(ContainsSubstring("sizes out of range")));
  }
}

TEST_CASE("network family: an auxiliary head that cannot be is refused", "[search_space]") {
  CHECK_THROWS_MATCHES(build("nasnet-a", {.input_size = 8, .cells = 1, .auxiliary = true}),
                       ConfigError, MessageMatches(ContainsSubstring("expected at least 5 px")));
  CHECK_THROWS_MATCHES(build("darts-v2", {.input_size = 16, .cells = 1, .auxiliary = true}),
                       ConfigError, MessageMatches(ContainsSubstring("no --aux")));
  CHECK_THROWS_MATCHES(build(kAllConvolutions, {.cells = 1, .auxiliary = true}), ConfigError,
                       MessageMatches(ContainsSubstring("no auxiliary head")));
}

TEST_CASE("network family: a missing cell is a data error", "[search_space]") {
  for (const std::string name : {"nasnet-a", "darts-v2"}) {
    Architecture architecture = find_architecture(name);
    architecture.cells.erase("reduction");
    CHECK_THROWS_MATCHES(build_network(architecture, {}), common::DataError,
                         MessageMatches(ContainsSubstring("needs a cell 'reduction'")));
  }
}

TEST_CASE("network family: an unknown family is answered with the known ones", "[search_space]") {
  CHECK_THROWS_MATCHES(build_network({.family = "resnet", .cells = {}}, {}), common::UsageError,
                       MessageMatches(ContainsSubstring("darts, nasbench201, nasnet")));
}

}  // namespace
}  // namespace nas::search_space
