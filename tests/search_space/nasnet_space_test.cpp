// The features of the NASNet space.
#include <catch2/catch_test_macros.hpp>

#include "search_space/space.h"

namespace nas::search_space {
namespace {

constexpr size_t kOperations = 13;
constexpr size_t kSums = kOperations + 5;  // counts, two inputs, concatenations, unused, depth
constexpr size_t kSteps = (kOperations + 2) * (kOperations + 1);
constexpr int kIdentity = 0;
constexpr int kConv = 8;  // conv_1x1
constexpr int kPool = 4;  // avg_pool_3x3
constexpr int kSep = 10;  // sep_conv_3x3

const Space& nasnet_space() {
  static const auto made = common::Registry<SpacePlugin>::find("nasnet").make();
  return *made;
}

// left and right state, left and right operation, combine
Choices cell(const std::vector<Choices>& blocks) {
  Choices choices;
  for (const Choices& block : blocks) choices.insert(choices.end(), block.begin(), block.end());
  return choices;
}

Choices pair_of(const Choices& normal, const Choices& reduction) {
  Choices choices = normal;
  choices.insert(choices.end(), reduction.begin(), reduction.end());
  return choices;
}

const Choices kPlain = cell({{0, 1, kIdentity, kIdentity, 0},
                             {0, 1, kIdentity, kIdentity, 0},
                             {0, 1, kIdentity, kIdentity, 0},
                             {0, 1, kIdentity, kIdentity, 0},
                             {0, 1, kIdentity, kIdentity, 0}});
// States 2, 4 and 5 are read; 3 and 6 are the output, and so is input 1.
const Choices kDeep = cell({{0, 0, kConv, kPool, 0},
                            {2, 2, kSep, kSep, 1},
                            {2, 0, kPool, kIdentity, 1},
                            {4, 4, kConv, kConv, 0},
                            {5, 5, kSep, kSep, 1}});

TEST_CASE("nasnet space: features describe each cell", "[search_space]") {
  const auto features = nasnet_space().features(pair_of(kDeep, kPlain));
  REQUIRE(features.size() == 2 * (kSums + kSteps));
  std::vector<double> expected(kOperations, 0.0);
  expected[kIdentity] = 1;
  expected[kConv] = 3;
  expected[kPool] = 2;
  expected[kSep] = 4;
  // Input 0 is read three times, input 1 never; three concatenations; states 1, 3 and 6 are unused;
  // block 4 is the end of four in a row.
  for (const double value : {3, 0, 3, 3, 4}) expected.push_back(value);
  CHECK(std::vector<double>(features.begin(), features.begin() + kSums) == expected);

  const double* plain = features.data() + kSums + kSteps;
  CHECK(plain[kIdentity] == 10);
  CHECK(plain[kOperations] == 5);
  CHECK(plain[kOperations + 4] == 1);
}

TEST_CASE("nasnet space: features tell the steps of the paths", "[search_space]") {
  const auto features = nasnet_space().features(pair_of(kPlain, kDeep));
  const double* steps = features.data() + 2 * kSums + kSteps;
  const auto step = [&](size_t maker, size_t reader) {
    return steps[maker * (kOperations + 1) + reader];
  };
  constexpr size_t kInput = kOperations;
  constexpr size_t kOutput = kOperations;
  CHECK(step(kInput, kConv) == 1);
  CHECK(step(kInput, kIdentity) == 1);
  CHECK(step(kInput, kSep) == 0);
  CHECK(step(kInput + 1, kOutput) == 1);
  CHECK(step(kConv, kSep) == 1);
  CHECK(step(kPool, kPool) == 1);
  CHECK(step(kSep, kOutput) == 1);
  CHECK(step(kSep, kConv) == 0);
  CHECK(step(kConv, kOutput) == 0);
}

TEST_CASE("nasnet space: every decision counts for some network's features", "[search_space]") {
  common::RandomStream random({.seed = 3, .purpose = "test"});
  std::vector<bool> counts(nasnet_space().decisions().size(), false);
  for (int i = 0; i < 20; ++i) {
    const Choices choices = nasnet_space().sample(random);
    for (const Choices& neighbour : nasnet_space().neighbours(choices)) {
      if (nasnet_space().features(neighbour) == nasnet_space().features(choices)) continue;
      for (size_t d = 0; d < counts.size(); ++d) {
        if (neighbour[d] != choices[d]) counts[d] = true;
      }
    }
  }
  CHECK(counts == std::vector<bool>(counts.size(), true));
}

}  // namespace
}  // namespace nas::search_space
