#include "engine/objective.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "engine/limits.h"
#include "engine/search_options.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using common::Json;

common::Options options_with(const std::vector<std::pair<std::string, std::string>>& values) {
  common::Options options = search_options();
  for (const auto& [name, value] : values) options.set(name, value, "flag");
  return options;
}

double reward(const std::vector<std::pair<std::string, std::string>>& values, double quality,
              Json metrics) {
  return Objective(options_with(values)).reward(quality, metrics);
}

TEST_CASE("objective: by default the reward is the quality, which is noted", "[engine]") {
  const Objective objective(search_options());
  CHECK(objective.cost().empty());
  for (const double quality : {0.1 + 0.2, 0.0, -1.5, 93.25}) {
    Json metrics = {{"parameters", 5}};
    CHECK(objective.reward(quality, metrics) == quality);  // bit for bit
    CHECK((metrics == Json{{"parameters", 5}, {"quality", quality}}));
  }
}

TEST_CASE("objective: quality^power x (cost / target)^weight", "[engine]") {
  CHECK(reward({{"reward-power", "2"}}, 0.5, Json::object()) == 0.25);
  const std::vector<std::pair<std::string, std::string>> by_parameters = {{"cost", "parameters"},
                                                                          {"cost-target", "1000"}};
  // At the target the cost leaves the quality alone; twice the cost takes 5 % (2^-0.07 = 0.9526).
  CHECK(reward(by_parameters, 0.8, {{"parameters", 1000}}) == 0.8);
  CHECK_THAT(reward(by_parameters, 0.8, {{"parameters", 2000}}), WithinRel(0.8 * 0.952638, 1e-6));
  CHECK_THAT(reward(by_parameters, 0.8, {{"parameters", 500}}), WithinRel(0.8 / 0.952638, 1e-6));
  CHECK_THAT(reward({{"cost", "multiply-adds"},
                     {"cost-target", "10"},
                     {"cost-weight", "-1"},
                     {"reward-power", "3"}},
                    0.5, {{"parameters", 1}, {"multiply_adds", 40}}),
             WithinRel(0.125 / 4, 1e-12));
}

TEST_CASE("objective: the latency that counts is that of --latency-batch images", "[engine]") {
  const Json metrics = {{"latency_ms", 2.0}, {"batch_latency_ms", 8.0}};
  CHECK(reward({{"cost", "latency"}, {"cost-target", "4"}, {"cost-weight", "-1"}}, 0.5, metrics) ==
        1.0);
  CHECK(reward({{"cost", "latency"},
                {"cost-target", "4"},
                {"cost-weight", "-1"},
                {"latency-batch", "32"}},
               0.5, metrics) == 0.25);
  CHECK(cost_to_show(options_with({{"cost", "latency"}})) == "latency_ms");
  CHECK(cost_to_show(options_with({{"cost", "parameters"}})) == "parameters");
  CHECK(cost_to_show(search_options()) == "multiply_adds");
}

TEST_CASE("objective: what makes no sense is refused", "[engine]") {
  CHECK_THROWS_AS(Objective(options_with({{"cost", "latency"}})), common::ConfigError);
  CHECK_THROWS_AS(Objective(options_with({{"cost-target", "5"}})), common::ConfigError);
  CHECK_THROWS_AS(Objective(options_with({{"reward", "loss"}, {"reward-power", "2"}})),
                  common::ConfigError);
  CHECK_THROWS_AS(
      Objective(options_with({{"reward", "loss"}, {"cost", "parameters"}, {"cost-target", "5"}})),
      common::ConfigError);
  CHECK_THROWS_AS(options_with({{"cost-weight", "0.1"}}), common::ConfigError);
  const std::vector<std::pair<std::string, std::string>> by_parameters = {{"cost", "parameters"},
                                                                          {"cost-target", "1000"}};
  CHECK_THROWS_AS(reward(by_parameters, 0.5, Json::object()), common::TrialError);
  CHECK_THROWS_AS(reward(by_parameters, -0.5, {{"parameters", 7}}), common::TrialError);
  CHECK_THROWS_AS(reward({{"reward-power", "0.5"}}, -0.5, Json::object()), common::TrialError);
}

TEST_CASE("limits: what breaks one is named with both numbers", "[engine]") {
  const Limits limits(options_with(
      {{"max-parameters", "1000"}, {"max-multiply-adds", "20000"}, {"max-latency-ms", "1.5"}}));
  CHECK(limits.on_latency());
  CHECK(limits.broken_by({{"parameters", 1000}, {"multiply_adds", 20000}, {"latency_ms", 1.5}})
            .empty());
  CHECK(limits.broken_by(Json::object()).empty());  // not known yet
  CHECK_THAT(limits.broken_by({{"parameters", 1001}}), ContainsSubstring("1,001") &&
                                                           ContainsSubstring("1,000 ") &&
                                                           ContainsSubstring("--max-parameters"));
  CHECK_THAT(limits.broken_by({{"parameters", 1}, {"multiply_adds", 20001}}),
             ContainsSubstring("20,001") && ContainsSubstring("--max-multiply-adds"));
  CHECK_THAT(limits.broken_by({{"latency_ms", 1.75}}),
             ContainsSubstring("1.750 ms") && ContainsSubstring("1.5 ms"));
}

TEST_CASE("limits: none by default", "[engine]") {
  const Limits none(search_options());
  CHECK_FALSE(none.on_latency());
  CHECK(
      none.broken_by({{"parameters", 1e12}, {"multiply_adds", 1e15}, {"latency_ms", 1e9}}).empty());
}

}  // namespace
}  // namespace nas::engine
