#include "common/statistics.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "common/random.h"

namespace nas::common {
namespace {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using Numbers = std::vector<double>;

// Pairs (x, y) with y = slope x + noise, both of deviation 1 where the slope is 0.
std::pair<Numbers, Numbers> noisy_pairs(int count, double slope) {
  RandomStream random({.seed = 1, .purpose = "statistics_test"});
  std::pair<Numbers, Numbers> pairs;
  for (int i = 0; i < count; ++i) {
    pairs.first.push_back(random.normal());
    pairs.second.push_back(slope * pairs.first.back() + random.normal());
  }
  return pairs;
}

// Tau-b by its definition: every pair of pairs.
double kendall_by_pairs(const Numbers& x, const Numbers& y) {
  double sum = 0;
  double untied_x = 0;
  double untied_y = 0;
  const auto sign = [](double value) { return value > 0 ? 1.0 : value < 0 ? -1.0 : 0.0; };
  for (size_t i = 0; i < x.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      sum += sign(x[i] - x[k]) * sign(y[i] - y[k]);
      untied_x += std::abs(sign(x[i] - x[k]));
      untied_y += std::abs(sign(y[i] - y[k]));
    }
  }
  return sum / std::sqrt(untied_x * untied_y);
}

TEST_CASE("statistics: the robust deviation is that of normal numbers, whatever a few others are",
          "[common]") {
  RandomStream random({.seed = 5, .purpose = "statistics_test"});
  std::vector<double> values;
  for (int i = 0; i < 20000; ++i) values.push_back(3 + 2 * random.normal());
  CHECK(std::abs(robust_deviation(values) - 2) < 0.05);
  for (int i = 0; i < 100; ++i) values.push_back(1e9);
  CHECK(std::abs(robust_deviation(values) - 2) < 0.1);
  CHECK(robust_deviation({1, 1, 1, 7}) == 0);
}

TEST_CASE("statistics: the median is in the middle, in whatever order the values come",
          "[common]") {
  CHECK(median({7}) == 7);
  CHECK(median({4, 1}) == 2.5);
  CHECK(median({9, -3, 5}) == 5);
  CHECK(median({2, 8, 1, 1e9}) == 5);
  CHECK(median({1, 1, 3, 1}) == 1);
}

TEST_CASE("statistics: equal values share the mean of their ranks", "[common]") {
  CHECK(ranks({}).empty());
  CHECK(ranks({5}) == Numbers{1});
  CHECK(ranks({1, 2, 2, 3, 4, 4, 4, 5}) == Numbers{1, 2.5, 2.5, 4, 6, 6, 6, 8});
  CHECK(ranks({0.5, -3, 1e9}) == Numbers{2, 1, 3});
}

// The expected numbers are those of scipy.stats 1.x: spearmanr, kendalltau.
TEST_CASE("statistics: rank correlations have their known values", "[common]") {
  const Numbers iq = {106, 86, 100, 101, 99, 103, 97, 113, 112, 110};
  const Numbers hours = {7, 0, 27, 50, 28, 29, 20, 12, 6, 17};
  CHECK_THAT(spearman(iq, hours), WithinAbs(-0.17575757575757575, 1e-14));
  CHECK_THAT(kendall(iq, hours), WithinAbs(-0.1111111111111111, 1e-14));
  const Numbers tied = {1, 2, 2, 3, 4, 4, 4, 5};
  const Numbers other = {2, 1, 2, 2, 5, 4, 4, 3};
  CHECK_THAT(spearman(tied, other), WithinAbs(0.7341772151898734, 1e-14));
  CHECK_THAT(kendall(tied, other), WithinAbs(0.5416666666666667, 1e-14));
  CHECK_THAT(spearman({12, 2, 1, 12, 2}, {1, 4, 7, 1, 0}), WithinAbs(-0.5407380704358752, 1e-14));
  CHECK_THAT(kendall({12, 2, 1, 12, 2}, {1, 4, 7, 1, 0}), WithinAbs(-0.4714045207910316, 1e-14));
}

TEST_CASE("statistics: Kendall's tau in n log n steps is the one counted by pairs", "[common]") {
  RandomStream random({.seed = 2, .purpose = "statistics_test"});
  for (int round = 0; round < 50; ++round) {
    Numbers x;
    Numbers y;
    const int64_t count = 2 + random.integer(40);
    const int64_t values = 2 + random.integer(20);  // few: ties in one, in the other, in both
    for (int64_t i = 0; i < count; ++i) {
      x.push_back(static_cast<double>(random.integer(values)));
      y.push_back(static_cast<double>(random.integer(values)));
    }
    x[0] = -1;
    y[1] = -1;  // neither is constant
    CAPTURE(round, x, y);
    CHECK_THAT(kendall(x, y), WithinAbs(kendall_by_pairs(x, y), 1e-12));
  }
}

TEST_CASE("statistics: only the order counts", "[common]") {
  const auto [x, y] = noisy_pairs(60, 0.7);
  Numbers grown;
  Numbers turned;
  for (const double value : x) {
    grown.push_back(std::exp(value));
    turned.push_back(-value);
  }
  for (const Correlation correlation : {spearman, kendall}) {
    CHECK_THAT(correlation(x, grown), WithinAbs(1.0, 1e-12));
    CHECK_THAT(correlation(x, turned), WithinAbs(-1.0, 1e-12));
    CHECK_THAT(correlation(grown, y), WithinAbs(correlation(x, y), 1e-12));
    CHECK_THAT(correlation(turned, y), WithinAbs(-correlation(x, y), 1e-12));
    CHECK_THAT(correlation(y, x), WithinAbs(correlation(x, y), 1e-12));
  }
}

TEST_CASE("statistics: no correlation is defined where all numbers are equal", "[common]") {
  for (const Correlation correlation : {pearson, spearman, kendall}) {
    CHECK(std::isnan(correlation({3, 3, 3}, {1, 2, 3})));
    CHECK(std::isnan(correlation({1, 2, 3}, {3, 3, 3})));
    CHECK(std::isnan(correlation({1}, {2})));
    CHECK(std::isnan(correlation({}, {})));
    CHECK(std::isnan(bootstrap_error(correlation, {3, 3, 3}, {1, 2, 3}, 1)));
    // Half of the lists drawn from two pairs are one pair twice: they say nothing, not 0.
    CHECK_THAT(bootstrap_error(correlation, {1, 2}, {1, 2}, 1), WithinAbs(0.0, 1e-12));
  }
}

TEST_CASE("statistics: the bootstrap finds the standard error", "[common]") {
  const auto [x, y] = noisy_pairs(400, 0.0);
  // Of independent pairs: 1/sqrt(n - 1) (Pearson, Spearman), sqrt(2 (2n + 5) / 9n(n - 1))
  // (Kendall).
  const double expected = 1 / std::sqrt(399.0);
  CHECK_THAT(bootstrap_error(pearson, x, y, 1), WithinRel(expected, 0.25));
  CHECK_THAT(bootstrap_error(spearman, x, y, 1), WithinRel(expected, 0.25));
  CHECK_THAT(bootstrap_error(kendall, x, y, 1), WithinRel(expected * 2 / 3, 0.25));
  CHECK(bootstrap_error(spearman, x, y, 1) == bootstrap_error(spearman, x, y, 1));
  CHECK(bootstrap_error(spearman, x, y, 1) != bootstrap_error(spearman, x, y, 2));
  CHECK_THAT(bootstrap_error(spearman, x, x, 1), WithinAbs(0.0, 1e-12));
}

}  // namespace
}  // namespace nas::common
