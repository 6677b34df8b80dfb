#include "common/random.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <set>

#include "common/error.h"

namespace nas::common {
namespace {

using Block = std::array<uint32_t, 4>;

const RandomKey kKey{.seed = 1, .trial = 2, .epoch = 3, .purpose = "augment", .index = 4};

// Philox 4x32-10, written from the paper (Salmon et al. 2011, figure 2) and not from random.cpp.
Block philox(Block counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t left = 0xD2511F53ULL * counter[0];
    const uint64_t right = 0xCD9E8D57ULL * counter[2];
    const auto high = [](uint64_t product) { return static_cast<uint32_t>(product >> 32); };
    const auto low = [](uint64_t product) { return static_cast<uint32_t>(product); };
    counter = {high(right) ^ counter[1] ^ key[0], low(right), high(left) ^ counter[3] ^ key[1],
               low(left)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

TEST_CASE("random: skipped draws are as draws that were made", "[common]") {
  for (const int begun : {0, 1, 2, 3, 4, 5}) {
    for (const uint64_t skipped : {0, 1, 2, 3, 4, 5, 6, 7, 1000}) {
      CAPTURE(begun, skipped);
      RandomStream drawn(kKey);
      RandomStream jumped(kKey);
      for (int i = 0; i < begun; ++i) {
        drawn.next();
        jumped.next();
      }
      for (uint64_t i = 0; i < skipped; ++i) drawn.uniform();
      jumped.skip(skipped);
      for (int i = 0; i < 9; ++i) CHECK(drawn.next() == jumped.next());
    }
  }
}

TEST_CASE("random: the test's own Philox gives the published vectors", "[common]") {
  constexpr uint32_t kAll = 0xFFFFFFFFU;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627E8D5U, 0xE169C58DU, 0xBC57AC4CU, 0x9B00DBD8U});
  CHECK(philox({kAll, kAll, kAll, kAll}, {kAll, kAll}) ==
        Block{0x408F276DU, 0x41C83B0EU, 0xA20BC7C6U, 0x6D5451FDU});
  CHECK(philox({0x243F6A88U, 0x85A308D3U, 0x13198A2EU, 0x03707344U}, {0xA4093822U, 0x299F31D0U}) ==
        Block{0xD16CFE09U, 0x94FDCCEBU, 0x5001E420U, 0x24126EA1U});
}

TEST_CASE("random: a stream is Philox of a counter under the mixed key", "[common]") {
  for (const RandomKey& key : {RandomKey{}, kKey, RandomKey{.seed = UINT64_MAX, .index = 77}}) {
    const uint64_t value = key.value();
    RandomStream random(key);
    for (uint32_t counter = 0; counter < 100; ++counter) {
      const Block block = philox(
          {counter, 0, 0, 0}, {static_cast<uint32_t>(value), static_cast<uint32_t>(value >> 32)});
      for (const uint32_t bits : block) REQUIRE(random.next() == bits);
    }
  }
}

// Searches that were begun with one version of nas go on with another: these values stay.
TEST_CASE("random: known answers", "[common]") {
  CHECK(RandomKey{}.value() == 0x3CFD1B818AEE8548ULL);
  CHECK(kKey.value() == 0xB64E1C0A4129F0BEULL);
  RandomStream bits(kKey);
  for (const uint32_t expected :
       {0x549A18E7U, 0x6784B8BBU, 0x8EB87B23U, 0xC8CB7607U, 0xB906423FU, 0x44A151B3U}) {
    CHECK(bits.next() == expected);
  }
  CHECK(RandomStream(kKey).next64() == 0x549A18E76784B8BBULL);
  RandomStream uniform(kKey);
  CHECK(uniform.uniform() == 0.33047633790512776);
  CHECK(uniform.uniform() == 0.5575024568905016);
  RandomStream normal(kKey);
  CHECK(std::abs(normal.normal() + 0.8379240530504726) < 1e-12);
  CHECK(std::abs(normal.normal() - 1.3159581305326133) < 1e-12);
  RandomStream integers(kKey);
  for (const int64_t expected : {939, 647, 859, 823, 747}) {
    CHECK(integers.integer(1000) == expected);
  }
  CHECK(RandomStream(kKey).permutation(8) == std::vector<int64_t>({1, 0, 2, 6, 7, 5, 4, 3}));
}

TEST_CASE("random: every part of a key counts", "[common]") {
  std::vector<RandomKey> keys(6, kKey);
  keys[1].seed = 2;
  keys[2].trial = 1;
  keys[3].epoch = 4;
  keys[4].purpose = "augmenu";
  keys[5].index = 5;
  std::set<uint64_t> values;
  for (const RandomKey& key : keys) values.insert(key.value());
  // The same numbers in other parts.
  for (uint64_t part = 1; part < 50; ++part) {
    values.insert(RandomKey{.seed = part}.value());
    values.insert(RandomKey{.trial = part}.value());
    values.insert(RandomKey{.epoch = part}.value());
    values.insert(RandomKey{.index = part}.value());
  }
  CHECK(values.size() == 6 + 4 * 49);
}

double chi_squared(const std::vector<int>& counts, double expected) {
  double sum = 0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

constexpr int kBins = 16;
constexpr double kUnlikely = 44.3;  // chi-squared with 15 degrees of freedom: one in 10,000

TEST_CASE("random: uniform within a stream", "[common]") {
  RandomStream random({.seed = 5, .purpose = "test"});
  std::vector<int> counts(kBins, 0);
  for (int i = 0; i < 64000; ++i) {
    const double value = random.uniform();
    REQUIRE(value >= 0.0);
    REQUIRE(value < 1.0);
    ++counts[static_cast<size_t>(value * kBins)];
  }
  CHECK(chi_squared(counts, 4000) < kUnlikely);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.uniform(-3.0, -1.0);
    CHECK((value >= -3.0 && value < -1.0));
  }
}

TEST_CASE("random: the first draws of neighbouring keys are uniform and independent", "[common]") {
  std::vector<int> counts(kBins, 0);
  double last = 0.5;
  double serial = 0;
  for (uint64_t index = 0; index < 10000; ++index) {
    const double value = RandomStream({.seed = 5, .index = index}).uniform();
    ++counts[static_cast<size_t>(value * kBins)];
    serial += 12 * (value - 0.5) * (last - 0.5) / 10000;  // 12: 1 / variance
    last = value;
  }
  CHECK(chi_squared(counts, 625) < kUnlikely);
  CHECK(std::abs(serial) < 0.04);
}

TEST_CASE("random: normal has mean 0, deviation 1 and the tails of a bell", "[common]") {
  RandomStream random({.seed = 5, .purpose = "test"});
  constexpr int kDraws = 50000;
  double sum = 0;
  double squares = 0;
  int outside = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = random.normal();
    REQUIRE(std::isfinite(value));
    sum += value;
    squares += value * value;
    outside += std::abs(value) > 1.96 ? 1 : 0;
  }
  CHECK(std::abs(sum / kDraws) < 0.02);
  CHECK(std::abs(squares / kDraws - 1.0) < 0.03);
  CHECK(std::abs(outside / static_cast<double>(kDraws) - 0.05) < 0.005);
}

TEST_CASE("random: integers stay in bounds and hit all of them", "[common]") {
  RandomStream random({.seed = 5, .purpose = "test"});
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70000; ++i) {
    const int64_t value = random.integer(7);
    REQUIRE(value >= 0);
    REQUIRE(value < 7);
    ++counts[static_cast<size_t>(value)];
  }
  CHECK(chi_squared(counts, 10000) < kUnlikely);
  for (int i = 0; i < 100; ++i) {
    CHECK(random.integer(1) == 0);
    CHECK(random.integer(INT64_MAX) >= 0);
  }
  CHECK_THROWS_AS(random.integer(0), InternalError);
  CHECK_THROWS_AS(random.integer(-3), InternalError);
}

TEST_CASE("random: chance", "[common]") {
  RandomStream random({.seed = 5, .purpose = "test"});
  int hits = 0;
  for (int i = 0; i < 20000; ++i) {
    hits += random.chance(0.3) ? 1 : 0;
    CHECK_FALSE(random.chance(0.0));
    CHECK(random.chance(1.0));
  }
  CHECK(std::abs(hits / 20000.0 - 0.3) < 0.015);
}

TEST_CASE("random: permutations hold every index once, at any place", "[common]") {
  std::vector<int> counts(25, 0);
  for (uint64_t index = 0; index < 10000; ++index) {
    const auto order = RandomStream({.seed = 5, .index = index}).permutation(5);
    CHECK(std::set<int64_t>(order.begin(), order.end()).size() == 5);
    for (size_t i = 0; i < 5; ++i) ++counts[i * 5 + static_cast<size_t>(order[i])];
  }
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  CHECK(*least > 1800);
  CHECK(*most < 2200);
  CHECK(RandomStream(kKey).permutation(0).empty());
  CHECK(RandomStream(kKey).permutation(1) == std::vector<int64_t>{0});
}

}  // namespace
}  // namespace nas::common
