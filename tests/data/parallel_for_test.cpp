#include "data/parallel_for.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace nas::tests {

TEST_CASE("A parallel loop visits each number once", "[data]") {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{1000}}) {
    std::vector<int> visits(count, 0);
    data::parallel_for(count, [&](size_t i, bool) { ++visits[i]; });
    CHECK(std::count(visits.begin(), visits.end(), 1) == static_cast<std::ptrdiff_t>(count));
  }
}

TEST_CASE("A parallel loop throws the exception of the lowest number", "[data]") {
  const auto loop = [] {
    data::parallel_for(1000, [](size_t i, bool) {
      if (i >= 17) throw std::runtime_error(std::to_string(i));
    });
  };
  REQUIRE_THROWS_WITH(loop(), "17");
}

}  // namespace nas::tests
