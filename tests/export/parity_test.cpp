#include "export/parity.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <limits>

#include "common/error.h"

namespace nas::exporting {
namespace {

TEST_CASE("parity finds the largest difference and counts equal top labels", "[export]") {
  const std::vector<float> ours = {0.7F, 0.2F, 0.1F, 0.3F, 0.4F, 0.3F};
  const std::vector<float> theirs = {0.6F, 0.3F, 0.1F, 0.4F, 0.3F, 0.3F};
  const Parity parity = check_parity(ours, theirs, 3);
  CHECK(parity.images == 2);
  CHECK(parity.same_top_label == 1);
  CHECK_THAT(parity.largest_difference, Catch::Matchers::WithinAbs(0.1, 1e-6));

  const Parity same = check_parity(ours, ours, 3);
  CHECK(same.same_top_label == 2);
  CHECK(same.largest_difference == 0.0);
}

TEST_CASE("parity refuses scores that do not fit or are not numbers", "[export]") {
  const std::vector<float> four = {0.1F, 0.2F, 0.3F, 0.4F};
  CHECK_THROWS_AS(check_parity(four, {0.1F, 0.2F}, 2), common::InternalError);
  CHECK_THROWS_AS(check_parity(four, four, 3), common::InternalError);
  CHECK_THROWS_AS(check_parity(four, four, 0), common::InternalError);
  std::vector<float> damaged = four;
  damaged[2] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(check_parity(four, damaged, 2), common::DataError);
  CHECK_THROWS_AS(check_parity(damaged, four, 2), common::DataError);
}

}  // namespace
}  // namespace nas::exporting
