// The keys of NAS-Bench-201: all 15,625 cells are compared by what they compute.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>

#include "common/text.h"
#include "search_space/space.h"

namespace nas::search_space {
namespace {

const Space& nasbench201_space() {
  static const auto made = common::Registry<SpacePlugin>::find("nasbench201").make();
  return *made;
}

std::string key(const std::string& text) {
  return nasbench201_space().key(nasbench201_space().choices(from_nasbench201_text(text)));
}

// The formula of the cell's output as the terms of a sum, written from the meaning of the
// operations; empty: always zero. Passing on and pooling go term by term, a convolution of zeros is
// not zero (its batch norm shifts). It does not say which operations are the same one.
using Terms = std::multiset<std::string>;

Terms formula(const Architecture& architecture) {
  std::vector<Terms> states = {{"x"}};
  for (const CellNode& node : architecture.cells.at("normal").nodes) {
    Terms sum;
    for (const Edge& edge : node.edges) {
      const Terms& input = states.at(static_cast<size_t>(edge.state));
      if (edge.op == "skip_connect") sum.insert(input.begin(), input.end());
      if (edge.op == "avg_pool_3x3") {
        for (const auto& term : input) sum.insert("pool(" + term + ")");
      }
      if (common::starts_with(edge.op, "nor_conv")) {
        const std::vector<std::string> terms(input.begin(), input.end());
        sum.insert(edge.op + "(" + common::join(terms, "+") + ")");
      }
    }
    states.push_back(sum);
  }
  return states.back();
}

std::vector<Choices> all_choices() {
  std::vector<Choices> all = {{}};
  for (const Decision& decision : nasbench201_space().decisions()) {
    std::vector<Choices> longer;
    for (const Choices& begun : all) {
      for (int value = 0; value < static_cast<int>(decision.values.size()); ++value) {
        longer.push_back(begun);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

TEST_CASE("nasbench201 space: equal keys mean equal networks, for all cells", "[search_space]") {
  std::map<std::string, Terms> formula_of;
  std::set<Terms> formulas;
  size_t different = 0;
  const auto all = all_choices();
  REQUIRE(all.size() == 15625);
  for (const Choices& choices : all) {
    const Terms terms = formula(nasbench201_space().architecture(choices));
    const auto [found, added] = formula_of.insert({nasbench201_space().key(choices), terms});
    if (found->second != terms) ++different;
    formulas.insert(terms);
  }
  CHECK(different == 0);
  CHECK(formula_of.size() == 5653);
  CHECK(formulas.size() == 5269);  // of one operation read twice and of two alike it is the same
}

TEST_CASE("nasbench201 space: a key is a cell of the space with that key", "[search_space]") {
  common::RandomStream random({.seed = 1, .purpose = "test"});
  for (int i = 0; i < 200; ++i) {
    const Choices choices = nasbench201_space().sample(random);
    CHECK(key(nasbench201_space().key(choices)) == nasbench201_space().key(choices));
    const Choices plain =
        nasbench201_space().choices(from_nasbench201_text(nasbench201_space().key(choices)));
    CHECK(nasbench201_space().features(plain) == nasbench201_space().features(choices));
  }
}

TEST_CASE("nasbench201 space: equal networks have equal features, for all cells",
          "[search_space]") {
  std::map<std::string, std::vector<double>> features_of;
  size_t different = 0;
  std::set<std::vector<double>> all;
  for (const Choices& choices : all_choices()) {
    const auto features = nasbench201_space().features(choices);
    const auto [found, added] = features_of.insert({nasbench201_space().key(choices), features});
    if (found->second != features) ++different;
    all.insert(features);
  }
  CHECK(different == 0);
  CHECK(all.size() > 4000);  // most networks that differ have other features
}

TEST_CASE("nasbench201 space: features are the paths from input to output", "[search_space]") {
  constexpr size_t kSequences = 40;
  const auto features = [](const std::string& text) {
    return nasbench201_space().features(nasbench201_space().choices(from_nasbench201_text(text)));
  };
  // Of convolutions and pooling: 3x3; 1x1 then pooling (twice the same); nothing.
  const auto paths = features(
      "|nor_conv_1x1~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_3x3~0|avg_pool_3x3~1|"
      "avg_pool_3x3~2|");
  REQUIRE(paths.size() == kSequences + 4);
  std::set<size_t> present;
  for (size_t i = 0; i < kSequences; ++i) {
    if (paths[i] != 0.0) present.insert(i);
  }
  CHECK(present == std::set<size_t>{2, 3 * 1 + 3});
  // Live 1x1, 3x3 and pooling; the longest path.
  CHECK(std::vector<double>(paths.begin() + kSequences, paths.end()) ==
        std::vector<double>{2, 1, 2, 2});
  // Nothing reaches the output: no path, not even an empty one.
  const auto nothing = features("|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|none~2|");
  CHECK(nothing == std::vector<double>(kSequences + 4, 0.0));
  // A skip connection alone is the empty path.
  const auto identity = features("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|");
  CHECK(identity[0] == 1.0);
  CHECK(std::count(identity.begin(), identity.end(), 0.0) == kSequences + 3);
}

TEST_CASE("nasbench201 space: what computes nothing has the key of none", "[search_space]") {
  const std::string direct = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|";
  const std::string nothing = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
  // A node that does not reach the output.
  CHECK(key("|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|") == key(direct));
  CHECK(key("|nor_conv_1x1~0|+|skip_connect~0|avg_pool_3x3~1|+|nor_conv_3x3~0|none~1|none~2|") ==
        key(direct));
  // An edge from a state that is always zero.
  CHECK(key("|none~0|+|none~0|none~1|+|nor_conv_3x3~0|skip_connect~1|avg_pool_3x3~2|") ==
        key(direct));
  CHECK(key("|none~0|+|none~0|avg_pool_3x3~1|+|nor_conv_3x3~0|none~1|skip_connect~2|") ==
        key(direct));
  // A state that only passes on another's value.
  CHECK(key("|skip_connect~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|none~2|") == key(direct));
  CHECK(key("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|") ==
        key(direct));
  // Nothing reaches the output at all.
  CHECK(key("|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|none~0|none~1|none~2|") ==
        key(nothing));
  CHECK(key("|none~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|avg_pool_3x3~2|") ==
        key(nothing));
}

TEST_CASE("nasbench201 space: live operations that differ give different keys", "[search_space]") {
  const std::string base = "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+";
  std::set<std::string> keys;
  for (const std::string op :
       {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"}) {
    keys.insert(key(base + "|skip_connect~0|nor_conv_3x3~1|" + op + "~2|"));
    keys.insert(key(base + "|skip_connect~0|" + op + "~1|nor_conv_3x3~2|"));
    keys.insert(key(base + "|" + op + "~0|avg_pool_3x3~1|nor_conv_3x3~2|"));
  }
  CHECK(keys.size() == 13);  // 15, of which two are there twice
  // A convolution of zeros is not zero: its batch norm has a bias.
  CHECK(key("|none~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|") !=
        key("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"));
}

}  // namespace
}  // namespace nas::search_space
