// The model of the trials, and the two strategies that search with it.
#include "controller/surrogate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <set>

#include "common/error.h"
#include "tests/support/grid_space.h"

namespace nas::controller {
namespace {

// Additive, but for the pair of the first two; the best is {4, 3, 2, 1} with 5; all exact.
double reward(const Choices& choices) {
  double total = choices[0] == 4 && choices[1] == 3 ? 1.0 : 0.0;
  for (int i = 0; i < 4; ++i) {
    const int choice = choices[static_cast<size_t>(i)];
    total += choice == 4 - i ? 1.0 : 0.25 * ((choice + i) % 3);
  }
  return total;
}

Surrogate surrogate_of(const std::vector<Observation>& trials) {
  Surrogate surrogate{SpaceView(grid())};
  for (const Observation& trial : trials) surrogate.add(trial);
  return surrogate;
}

std::vector<Observation> random_trials(size_t count) {
  std::vector<Observation> trials;
  for (const Choices& choices : random_proposals(1, count)) {
    trials.push_back({.choices = choices, .reward = reward(choices)});
  }
  return trials;
}

at::Tensor means(const Surrogate& surrogate, const std::vector<Choices>& list) {
  return surrogate.model({}).predict(surrogate.points(list)).mean;
}

std::vector<Choices> others() { return random_proposals(99, 50); }

struct Course {
  int trials = 60;
  size_t window = 1;
};

std::vector<Choices> run_course(Strategy& strategy, const Course& course) {
  std::vector<Choices> proposals;
  size_t observed = 0;
  for (int trial = 0; trial < course.trials; ++trial) {
    proposals.push_back(strategy.propose());
    if (proposals.size() - observed < course.window) continue;
    const Choices& choices = proposals[observed++];
    strategy.observe({.choices = choices, .reward = reward(choices)});
  }
  return proposals;
}

std::unique_ptr<Strategy> with(const std::string& strategy, uint64_t seed, const std::string& name,
                               const std::string& value) {
  common::Options options(common::Registry<StrategyPlugin>::find(strategy).options());
  options.set(name, value, "test");
  return grid_strategy(strategy, seed, options);
}

TEST_CASE("surrogate: expects of new networks what they are worth", "[controller]") {
  const Surrogate surrogate = surrogate_of(random_trials(60));
  const std::vector<Choices> list = others();
  std::vector<double> rewards;
  for (const Choices& choices : list) rewards.push_back(reward(choices));
  const at::Tensor truth = at::tensor(rewards, at::kDouble);
  const at::Tensor correlation =
      at::corrcoef(at::stack({means(surrogate, list), truth}, 0)).select(0, 0).select(0, 1);
  CHECK(correlation.item<double>() > 0.7);
}

TEST_CASE("surrogate: the scale of the rewards does not matter", "[controller]") {
  std::vector<Observation> trials = random_trials(30);
  const at::Tensor expected = means(surrogate_of(trials), others());
  for (Observation& trial : trials) trial.reward = std::exp(trial.reward) - 1000.0;
  CHECK(at::equal(means(surrogate_of(trials), others()), expected));
}

TEST_CASE("surrogate: a failed trial is as bad as the worst, one not run is nothing",
          "[controller]") {
  std::vector<Observation> trials = random_trials(20);
  const auto worst =
      std::min_element(trials.begin(), trials.end(), [](const auto& a, const auto& b) {
        return a.reward < b.reward;
      })->reward;
  const Choices other = others()[0];
  std::vector<Observation> bad = trials;
  bad.push_back({.choices = other, .reward = worst});
  const at::Tensor expected = means(surrogate_of(bad), others());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Observation& failed :
       {Observation{.choices = other, .outcome = Outcome::kFailed, .reward = 7.0},
        Observation{.choices = other, .outcome = Outcome::kSucceeded, .reward = nan}}) {
    bad.back() = failed;
    const Surrogate surrogate = surrogate_of(bad);
    CHECK(surrogate.size() == 21);
    CHECK(at::equal(means(surrogate, others()), expected));
    const auto best = surrogate.best(100);
    CHECK(best.size() == 20);
    CHECK(std::find(best.begin(), best.end(), other) == best.end());
  }
  const at::Tensor before = means(surrogate_of(trials), others());
  trials.push_back({.choices = other, .outcome = Outcome::kNotRun});
  CHECK(surrogate_of(trials).size() == 20);
  CHECK(at::equal(means(surrogate_of(trials), others()), before));
}

TEST_CASE("surrogate: the best trials come first, earlier ones win ties", "[controller]") {
  const std::vector<Choices> list = random_proposals(3, 4);
  const Surrogate surrogate = surrogate_of({{.choices = list[0], .reward = 0.5},
                                            {.choices = list[1], .reward = 0.7},
                                            {.choices = list[2], .reward = 0.5},
                                            {.choices = list[3], .reward = 0.1}});
  CHECK(surrogate.best(3) == std::vector<Choices>{list[1], list[0], list[2]});
}

TEST_CASE("surrogate: is restored bit for bit", "[controller]") {
  std::vector<Observation> trials = random_trials(37);
  trials.push_back({.choices = others()[1], .outcome = Outcome::kFailed});
  const Surrogate surrogate = surrogate_of(trials);
  Surrogate restored{SpaceView(grid())};
  restored.load(common::parse_json(surrogate.save().dump(), "test"));
  CHECK(restored.save() == surrogate.save());
  CHECK(at::equal(means(restored, others()), means(surrogate, others())));
}

TEST_CASE("surrogate: of very many trials the best and the latest count", "[controller]") {
  Surrogate surrogate{SpaceView(grid())};
  for (const Choices& choices : random_proposals(1, 560)) {
    surrogate.add({.choices = choices, .reward = reward(choices)});
  }
  CHECK(surrogate.size() == 560);
  const at::Tensor expected = means(surrogate, {{4, 3, 2, 1}, {2, 0, 1, 4}});
  CHECK(expected[0].item<double>() > expected[1].item<double>());
}

TEST_CASE("surrogate strategies: nothing is proposed twice, also with many in flight",
          "[controller]") {
  for (const std::string name : {"surrogate", "model-ppo"}) {
    for (const size_t window : {size_t{1}, size_t{12}}) {
      INFO(name << ", window " << window);
      const auto proposals = run_course(*grid_strategy(name, 1), {.trials = 120, .window = window});
      CHECK(std::set<Choices>(proposals.begin(), proposals.end()).size() == proposals.size());
    }
  }
}

TEST_CASE("surrogate strategies: find the best of 625 in a tenth of them", "[controller]") {
  for (const std::string name : {"surrogate", "model-ppo"}) {
    int found = 0;
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      for (const Choices& choices : run_course(*grid_strategy(name, seed), {.trials = 62})) {
        found += choices == Choices{4, 3, 2, 1} ? 1 : 0;
      }
    }
    INFO(name);
    CHECK(found >= 4);
  }
}

TEST_CASE("surrogate strategies: what is in flight is expected, not waited for", "[controller]") {
  for (const std::string name : {"surrogate", "model-ppo"}) {
    INFO(name);
    const auto strategy = grid_strategy(name, 2);
    run_course(*strategy, {.trials = 30});
    std::set<Choices> batch;
    for (int i = 0; i < 12; ++i) batch.insert(strategy->propose());
    CHECK(batch.size() == 12);
  }
}

TEST_CASE("surrogate strategies: go on when every network is known", "[controller]") {
  const auto strategy = with("surrogate", 1, "candidates", "100");
  const auto proposals = run_course(*strategy, {.trials = 700});
  for (const Choices& choices : proposals) REQUIRE(grid().valid(choices));
  CHECK(std::set<Choices>(proposals.begin(), proposals.end()).size() > 600);
}

TEST_CASE("surrogate: begins with random networks", "[controller]") {
  const auto expected = random_proposals(4, 6);
  const auto strategy = with("surrogate", 4, "starts", "6");
  for (const Choices& choices : expected) {
    CHECK(strategy->propose() == choices);
    strategy->observe({.choices = choices, .reward = reward(choices)});
  }
  // Trials that were not run are no start.
  const auto skipping = with("surrogate", 4, "starts", "3");
  for (const Choices& choices : expected) {
    CHECK(skipping->propose() == choices);
    skipping->observe({.choices = choices, .outcome = Outcome::kNotRun});
  }
}

TEST_CASE("surrogate: exploration and Thompson's draws change the search", "[controller]") {
  const auto standard = run_course(*grid_strategy("surrogate", 1), {});
  const auto greedy = run_course(*with("surrogate", 1, "exploration", "0"), {});
  const auto drawn = run_course(*with("surrogate", 1, "acquisition", "thompson"), {});
  CHECK(standard != greedy);
  CHECK(standard != drawn);
  CHECK(std::find(drawn.begin(), drawn.end(), Choices{4, 3, 2, 1}) != drawn.end());
  CHECK_THROWS_AS(with("surrogate", 1, "acquisition", "luck"), common::ConfigError);
  CHECK_THROWS_AS(with("surrogate", 1, "starts", "1"), common::ConfigError);
}

TEST_CASE("surrogate strategies: an observation of what was not proposed is refused",
          "[controller]") {
  for (const std::string name : {"surrogate", "model-ppo"}) {
    INFO(name);
    const auto strategy = grid_strategy(name, 1);
    CHECK_THROWS_AS(strategy->observe({.choices = {0, 0, 0, 0}, .reward = 1.0}),
                    common::InternalError);
  }
}

}  // namespace
}  // namespace nas::controller
