#include <catch2/catch_test_macros.hpp>
#include <set>

#include "common/error.h"
#include "controller/strategy.h"
#include "tests/support/decision_space.h"

namespace nas::controller {
namespace {

// 64 networks.
const DecisionSpace& cube() {
  static const DecisionSpace space({
      {.name = "a", .values = numbered(4), .kind = "operation"},
      {.name = "b", .values = numbered(4), .kind = "operation"},
      {.name = "c", .values = numbered(4), .kind = "operation"},
  });
  return space;
}

common::Options given(const std::string& strategy, const std::string& name,
                      const std::string& value) {
  common::Options options(common::Registry<StrategyPlugin>::find(strategy).options());
  options.set(name, value, "flag");
  return options;
}

size_t distinct(Strategy& strategy, int proposals) {
  std::set<Choices> seen;
  for (int i = 0; i < proposals; ++i) seen.insert(strategy.propose());
  return seen.size();
}

TEST_CASE("strategy: an unknown name is answered with the known ones", "[controller]") {
  try {
    make_strategy("simulated-annealing", SpaceView(cube()), {});
    FAIL("no error");
  } catch (const common::UsageError& error) {
    CHECK(std::string(error.what()).find("random") != std::string::npos);
  }
}

TEST_CASE("strategy: declared options have help and defaults in their range", "[controller]") {
  for (const auto& [name, entry] : common::Registry<StrategyPlugin>::entries()) {
    INFO(name);
    CHECK_FALSE(entry.plugin.summary.empty());
    if (entry.plugin.options == nullptr) continue;
    common::Options options(entry.plugin.options());
    const std::vector<common::Option> declared = options.all();
    for (const common::Option& option : declared) {
      INFO(option.name);
      CHECK_FALSE(option.help.empty());
      CHECK_NOTHROW(options.set_value(option.name, option.value, "test"));
    }
  }
}

TEST_CASE("strategy: missing options are filled in, others are refused", "[controller]") {
  const SpaceView view(cube());
  for (const auto& name : common::Registry<StrategyPlugin>::names()) {
    INFO(name);
    CHECK(cube().valid(make_strategy(name, view, {.seed = 1})->propose()));
    common::Options unknown;
    unknown.declare({{.name = "no-such-option", .value = 1, .help = ""}});
    CHECK_THROWS_AS(make_strategy(name, view, {.seed = 1, .options = unknown}),
                    common::ConfigError);
  }
}

TEST_CASE("strategy: given options are used", "[controller]") {
  const SpaceView view(cube());
  for (const std::string name : {"reinforce", "ppo"}) {
    INFO(name);
    const auto standard = make_strategy(name, view, {});
    const auto small = make_strategy(name, view, {.options = given(name, "units", "4")});
    CHECK(small->save_state().size() * 10 < standard->save_state().size());
    CHECK_THROWS_AS(small->load_state(standard->save_state()), common::DataError);
  }
  CHECK_THROWS_AS(given("ppo", "clip", "7"), common::ConfigError);
  CHECK_THROWS_AS(given("ppo", "reward-shape", "round"), common::ConfigError);
}

TEST_CASE("strategy: repeats are avoided, or taken where asked for", "[controller]") {
  const SpaceView view(cube());
  for (const std::string name : {"reinforce", "ppo"}) {
    INFO(name);
    CHECK(distinct(*make_strategy(name, view, {.seed = 1}), 32) == 32);
    const auto taking =
        make_strategy(name, view, {.seed = 1, .options = given(name, "avoid-repeats", "0")});
    CHECK(distinct(*taking, 64) < 60);
    // More proposals than networks: then there is nothing but repeats.
    CHECK(distinct(*make_strategy(name, view, {.seed = 2}), 100) <= 64);
  }
}

}  // namespace
}  // namespace nas::controller
