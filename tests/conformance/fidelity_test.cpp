// What every registered fidelity's rule must keep, on random results.
#include "engine/fidelity.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "common/random.h"

namespace nas::engine {
namespace {

using common::Registry;

// Learning curves of three epochs; some rewards are equal, and some trainings failed.
std::vector<RungResult> random_results(size_t count, uint64_t seed) {
  common::RandomStream random({.seed = seed, .purpose = "fidelity test"});
  std::vector<RungResult> results;
  for (size_t i = 0; i < count; ++i) {
    RungResult result{.succeeded = !random.chance(0.1)};
    for (int epoch = 0; epoch < 3; ++epoch)
      result.rewards.push_back(static_cast<double>(random.integer(30)) / 10 - 1);
    result.reward = result.rewards.back();
    results.push_back(result);
  }
  return results;
}

std::vector<std::optional<size_t>> decisions_of(const FidelityPlugin& plugin, int64_t eta,
                                                const std::vector<RungResult>& results) {
  const auto rule = plugin.make(eta);
  std::vector<std::optional<size_t>> decisions;
  for (const auto& result : results) decisions.push_back(rule->add(result));
  return decisions;
}

TEST_CASE("Every fidelity has a name and a summary, and one trains in full", "[conformance]") {
  CHECK(Registry<FidelityPlugin>::find("full").make == nullptr);
  for (const auto& [name, entry] : Registry<FidelityPlugin>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK_FALSE(entry.plugin.summary.empty());
    CHECK((entry.plugin.make == nullptr) == (name == "full"));
    if (entry.plugin.make == nullptr) continue;
    for (const int64_t eta : {2, 3, 1000}) {
      REQUIRE(entry.plugin.share != nullptr);
      CHECK(entry.plugin.share(eta) > 0);
      CHECK(entry.plugin.share(eta) <= 1);
    }
  }
}

TEST_CASE("Every fidelity promotes what succeeded, each once, and what it has seen",
          "[conformance]") {
  for (const auto& [name, entry] : Registry<FidelityPlugin>::entries()) {
    if (entry.plugin.make == nullptr) continue;
    for (const int64_t eta : {2, 3, 5}) {
      for (uint64_t seed = 0; seed < 10; ++seed) {
        CAPTURE(name, eta, seed);
        const auto results = random_results(100, seed);
        const auto decisions = decisions_of(entry.plugin, eta, results);
        std::set<size_t> promoted;
        for (size_t i = 0; i < results.size(); ++i) {
          if (!decisions[i]) continue;
          const size_t place = *decisions[i];
          CHECK(place <= i);
          if (entry.plugin.judges_once) CHECK(place == i);
          CHECK(results[place].succeeded);
          CHECK(promoted.insert(place).second);
        }
        CHECK_FALSE(promoted.empty());
        CHECK(promoted.size() < results.size());
      }
    }
  }
}

TEST_CASE("Every fidelity decides by what came before alone, and the same again", "[conformance]") {
  for (const auto& [name, entry] : Registry<FidelityPlugin>::entries()) {
    if (entry.plugin.make == nullptr) continue;
    CAPTURE(name);
    const auto results = random_results(60, 1);
    const auto decisions = decisions_of(entry.plugin, 3, results);
    auto others = results;
    const auto more = random_results(60, 2);
    others.insert(others.end(), more.begin(), more.end());
    auto longer = decisions_of(entry.plugin, 3, others);
    longer.resize(results.size());
    CHECK((longer == decisions));
  }
}

TEST_CASE("Every fidelity never promotes what it said it never would", "[conformance]") {
  for (const auto& [name, entry] : Registry<FidelityPlugin>::entries()) {
    if (entry.plugin.make == nullptr) continue;
    for (const size_t most : {10, 40, 100}) {
      CAPTURE(name, most);
      const auto results = random_results(most, 7);
      const auto rule = entry.plugin.make(3);
      std::set<size_t> promoted;
      std::set<size_t> never;
      for (const auto& result : results) {
        if (const auto place = rule->add(result)) {
          CHECK(never.count(*place) == 0);
          promoted.insert(*place);
        }
        for (const size_t place : rule->never(most)) never.insert(place);
      }
      // When all have come, every one is the one or the other.
      for (const size_t place : never) CHECK(promoted.count(place) == 0);
      CHECK(promoted.size() + never.size() == most);
    }
  }
}

}  // namespace
}  // namespace nas::engine
