#include "engine/projection.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "engine/search_options.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Catch::Matchers::WithinRel;

Projection projection_of(const std::vector<std::pair<std::string, std::string>>& values) {
  common::Options options = search_options();
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"space", "nasbench201"},
                                                        {"device", "cpu"},
                                                        {"threads", "1"},
                                                        {"workers", "1"},
                                                        {"window", "1"},
                                                        {"cells", "1"},
                                                        {"filters", "4"},
                                                        {"input-size", "16"},
                                                        {"batch-size", "16"},
                                                        {"epochs", "1"},
                                                        {"trials", "7"}})
    options.set(name, value, "flag");
  for (const auto& [name, value] : values) options.set(name, value, "flag");
  return project_search(options, /*classes=*/3, /*train_images=*/64, /*valid_images=*/32);
}

TEST_CASE("projection: trials and repeats, shared by the workers", "[engine]") {
  const Projection alone = projection_of({});
  CHECK(alone.seconds_a_trial > 0);
  CHECK(alone.seconds_a_choice == 0);
  CHECK_THAT(alone.seconds, WithinRel(7 * alone.seconds_a_trial, 1e-9));
  CHECK(alone.epochs == 7);
  // Of eight workers only four have something to do, until nothing is proposed any more.
  const Projection shared = projection_of({{"workers", "8"}, {"window", "4"}, {"repeats", "6"}});
  CHECK_THAT(shared.seconds, WithinRel((7.0 / 4 + 1) * shared.seconds_a_trial, 1e-9));
  CHECK(shared.epochs == 13);
}

TEST_CASE("projection: rungs, and finalists at the end", "[engine]") {
  // 9 trials of 1 epoch, of which 3 go on for 2 more, of which 1 goes on for 6 more.
  const Projection asha = projection_of({{"trials", "9"},
                                         {"epochs", "9"},
                                         {"fidelity", "asha"},
                                         {"finalists", "3"},
                                         {"finalist-epochs", "20"},
                                         {"workers", "2"},
                                         {"window", "2"}});
  CHECK_THAT(asha.epochs, WithinRel(9 + 3 * 2 + 1 * 6 + 3 * 20.0, 1e-9));
  const double epoch = asha.seconds_a_trial / 9;
  CHECK_THAT(asha.seconds, WithinRel(epoch * (21.0 / 2 + 2 * 20), 1e-9));
}

TEST_CASE("projection: the scores of each trial's pool are part of it", "[engine]") {
  const Projection small = projection_of({{"prescreen", "synflow"}, {"pool", "2"}});
  CHECK(small.seconds_a_choice > 0);
  CHECK_THAT(small.seconds, WithinRel(7 * (small.seconds_a_trial + small.seconds_a_choice), 1e-9));
  const Projection large = projection_of(
      {{"prescreen", "synflow"}, {"pool", "10000"}, {"workers", "8"}, {"window", "8"}});
  CHECK(large.seconds_a_choice > 50 * small.seconds_a_choice);
  // One process scores, however many workers wait for it.
  CHECK_THAT(large.seconds, WithinRel(7 * large.seconds_a_choice, 1e-9));
  CHECK(projection_of({{"prescreen", "parameters"}}).seconds_a_choice == 0);
}

TEST_CASE("projection: a batch has no more images than there are", "[engine]") {
  const Projection all = projection_of({{"batch-size", "64"}, {"kernels", "torch"}});
  const Projection more = projection_of({{"batch-size", "65536"}, {"kernels", "torch"}});
  CHECK(more.bytes_a_child == all.bytes_a_child);
}

TEST_CASE("projection: what no memory holds is refused before it is timed", "[engine]") {
  CHECK_THROWS_MATCHES(
      projection_of({{"filters", "100000"}}), common::SystemError,
      MessageMatches(ContainsSubstring("too little") && ContainsSubstring("--filters")));
  CHECK_NOTHROW(require_memory(1e6, at::kCPU));
  CHECK_THROWS_AS(require_memory(1e18, at::kCPU), common::SystemError);
  CHECK_NOTHROW(require_memory(1e18, at::kCUDA));
}

}  // namespace
}  // namespace nas::engine
