#include "engine/prescreen.h"

#include <catch2/catch_test_macros.hpp>

#include "common/error.h"
#include "engine/scorer.h"
#include "engine/search_options.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

common::Options prescreen_options(const std::vector<std::pair<std::string, std::string>>& values) {
  common::Options options = search_options();
  options.set("workers", "1", "test");
  for (const auto& [name, value] : values) options.set(name, value, "flag");
  return options;
}

std::vector<Trial> scored(const std::vector<std::optional<double>>& scores) {
  std::vector<Trial> trials;
  for (const auto& score : scores) {
    trials.push_back(waiting_trial(static_cast<int64_t>(trials.size())));
    if (score) trials.back().metrics["scores"]["parameters"] = *score;
  }
  return trials;
}

// The trial of the pool that still waits; -1 where none or several do.
int64_t kept(std::vector<Trial> pool) {
  const tests::TempDir dir;
  const Prescreen prescreen(RunFolder(dir.path()),
                            prescreen_options({{"prescreen", "parameters"}}));
  prescreen.keep_best(pool);
  int64_t waiting = -1;
  for (const auto& trial : pool) {
    if (trial.state != TrialState::kWaiting) continue;
    if (waiting >= 0) return -1;
    waiting = trial.id;
  }
  return waiting;
}

TEST_CASE("prescreen: the highest score is kept, the earliest of equals", "[engine]") {
  CHECK(kept(scored({1.0, 3.0, 2.0, 3.0})) == 1);
  CHECK(kept(scored({std::nullopt, -5.0, std::nullopt})) == 1);
  CHECK(kept(scored({std::nullopt, std::nullopt})) == 0);
  auto pool = scored({1.0, 3.0, 2.0});
  pool[1].state = TrialState::kInfeasible;
  CHECK(kept(pool) == 2);
}

TEST_CASE("prescreen: counted scores need no process, and a key is scored once", "[engine]") {
  const tests::TempDir dir;
  Prescreen prescreen(RunFolder(dir.path()), prescreen_options({{"prescreen", "multiply-adds"}}));
  const auto score = [&](Trial& trial) {
    CHECK(prescreen.score(trial, [] { return true; }));
    return trial.metrics["scores"]["multiply-adds"].get<double>();
  };
  Trial first = waiting_trial(0);
  first.metrics = {{"multiply_adds", 12}};
  CHECK(score(first) == 12);
  Trial same = waiting_trial(0);
  same.metrics = {{"multiply_adds", 13}};
  CHECK(score(same) == 12);
  Trial stored = waiting_trial(1);
  stored.metrics["scores"]["multiply-adds"] = 14;
  prescreen.remember(stored);
  Trial again = waiting_trial(1);
  CHECK(score(again) == 14);
}

TEST_CASE("prescreen: a score of images needs a proxy, a pool needs a score", "[engine]") {
  CHECK_NOTHROW(Prescreen::check(prescreen_options({}), false));
  for (const char* name : {"parameters", "multiply-adds"})
    CHECK_NOTHROW(Prescreen::check(prescreen_options({{"prescreen", name}, {"pool", "3"}}), false));
  CHECK_NOTHROW(Prescreen::check(prescreen_options({{"prescreen", "synflow"}}), true));
  CHECK_THROWS_AS(Prescreen::check(prescreen_options({{"prescreen", "synflow"}}), false),
                  common::ConfigError);
  CHECK_THROWS_AS(Prescreen::check(prescreen_options({{"pool", "3"}}), true), common::ConfigError);
  CHECK_THROWS_AS(prescreen_options({{"prescreen", "nosuch"}}), common::ConfigError);
}

TEST_CASE("scorer: replies survive the pipe bit for bit", "[engine]") {
  const auto there = [](const ScoreReply& reply) {
    return score_reply_from_json(common::parse_json(to_json(reply).dump(), "test"));
  };
  CHECK((there({.value = 0.1 + 0.2}).value == 0.1 + 0.2));
  CHECK_FALSE(there({.value = {}, .reason = "why"}).value.has_value());
  CHECK(there({.value = {}, .reason = "why"}).reason == "why");
  CHECK_THROWS_AS(score_reply_from_json(common::Json::object()), common::DataError);
}

}  // namespace
}  // namespace nas::engine
