#include "controller/normal_scores.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

namespace nas::controller {
namespace {

using Catch::Approx;

TEST_CASE("normal scores: quantiles of the ranks", "[controller]") {
  const auto scores = normal_scores({0.3, 0.1, 0.2});
  CHECK(scores[0] == Approx(0.967422).epsilon(1e-5));  // the normal quantile of 5 / 6
  CHECK(scores[1] == Approx(-0.967422).epsilon(1e-5));
  CHECK(scores[2] == Approx(0.0).margin(1e-12));
  CHECK(normal_scores({}).empty());
  CHECK(normal_scores({7.0})[0] == Approx(0.0).margin(1e-12));
}

TEST_CASE("normal scores: equal values share a rank", "[controller]") {
  const auto scores = normal_scores({1.0, 5.0, 1.0, 9.0});
  CHECK(scores[0] == scores[2]);
  CHECK(scores[0] == Approx(-0.674490).epsilon(1e-5));  // of 1 / 4
  CHECK(scores[1] < scores[3]);
  for (const double score : normal_scores({2.0, 2.0, 2.0})) {
    CHECK(score == Approx(0.0).margin(1e-12));
  }
}

TEST_CASE("normal scores: any growing function gives the same", "[controller]") {
  const std::vector<double> values = {0.1, -4.0, 0.9, 0.85, 0.1, 3.0};
  std::vector<double> grown;
  std::transform(values.begin(), values.end(), std::back_inserter(grown),
                 [](double value) { return std::exp(3.0 * value) - 100.0; });
  CHECK(normal_scores(grown) == normal_scores(values));
}

}  // namespace
}  // namespace nas::controller
