// What every registered strategy must do, on a toy space whose best choices are known.
#include "controller/strategy.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <deque>

#include "common/error.h"
#include "tests/support/decision_space.h"

namespace nas::controller {
namespace {

const Choices kBest = {2, 4, 1, 3, 5, 0};

// 8,100 networks.
const DecisionSpace& toy() {
  static const DecisionSpace space({
      {.name = "first", .values = numbered(6), .kind = "operation"},
      {.name = "second", .values = numbered(6), .kind = "operation"},
      {.name = "switch", .values = numbered(4), .kind = "state"},
      {.name = "input", .values = numbered(5), .kind = "state"},
      {.name = "switched",
       .values = numbered(6),
       .kind = "operation",
       .active_if = search_space::Decision::Condition{.decision = 2, .choice = 1}},
      {.name = "width",
       .values = numbered(5),
       .kind = "width",
       .scale = search_space::Scale::kLinear},
  });
  return space;
}

// In [0, 1]: additive but for the pair of the first two; 1 for kBest alone.
double reward(const Choices& choices) {
  double total = choices[0] == kBest[0] && choices[1] == kBest[1] ? 1.0 : 0.0;
  for (size_t i = 0; i < choices.size(); ++i) {
    if (choices[i] == search_space::kInactive) {
      total += 0.2;
    } else {
      total += choices[i] == kBest[i] ? 1.0 : 0.15 * ((choices[i] + static_cast<int>(i)) % 4);
    }
  }
  return total / 7.0;
}

struct Course {
  int trials = 200;
  size_t window = 1;   // proposals in flight
  double scale = 1.0;  // of the rewards
  int fail_every = 0;  // every so many trials one fails; 0: none
  int skip_every = 0;  // … is not run
};

Observation outcome(const Choices& choices, int trial, const Course& course) {
  if (course.fail_every > 0 && trial % course.fail_every == course.fail_every - 1) {
    return {.choices = choices, .outcome = Outcome::kFailed};
  }
  if (course.skip_every > 0 && trial % course.skip_every == course.skip_every - 1) {
    return {.choices = choices, .outcome = Outcome::kNotRun};
  }
  return {
      .choices = choices, .outcome = Outcome::kSucceeded, .reward = course.scale * reward(choices)};
}

// The proposals, all of them valid and observed.
std::vector<Choices> run_course(Strategy& strategy, const Course& course) {
  std::vector<Choices> proposals;
  int observed = 0;
  const auto observe_next = [&] {
    strategy.observe(outcome(proposals[static_cast<size_t>(observed)], observed, course));
    ++observed;
  };
  for (int trial = 0; trial < course.trials; ++trial) {
    proposals.push_back(strategy.propose());
    REQUIRE(toy().valid(proposals.back()));
    if (proposals.size() - static_cast<size_t>(observed) >= course.window) observe_next();
  }
  while (observed < course.trials) observe_next();
  return proposals;
}

std::unique_ptr<Strategy> make(const std::string& name, uint64_t seed) {
  return make_strategy(name, SpaceView(toy()), {.seed = seed});
}

double mean_reward(const std::vector<Choices>& proposals, size_t last) {
  double total = 0.0;
  for (size_t i = proposals.size() - last; i < proposals.size(); ++i) total += reward(proposals[i]);
  return total / static_cast<double>(last);
}

double best_reward(const std::vector<Choices>& proposals) {
  double best = 0.0;
  for (const Choices& choices : proposals) best = std::max(best, reward(choices));
  return best;
}

// Over uniformly random choices.
struct Chance {
  double mean = 0.0;
  double deviation = 0.0;
};

const Chance& chance() {
  static const Chance known = [] {
    constexpr int kDraws = 20000;
    common::RandomStream random({.seed = 99, .purpose = "chance"});
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < kDraws; ++i) {
      const double value = reward(toy().sample(random));
      sum += value;
      squares += value * value;
    }
    const double mean = sum / kDraws;
    return Chance{.mean = mean, .deviation = std::sqrt(squares / kDraws - mean * mean)};
  }();
  return known;
}

std::vector<std::string> strategies() { return strategies_by_reward(); }

constexpr uint64_t kSeeds = 4;

// With a model of the rewards fewer trials suffice, and each takes longer.
int trials_to_learn(const std::string& name) {
  return name == "surrogate" || name == "model-ppo" ? 80 : 300;
}

TEST_CASE("strategy: the toy's best is 1", "[conformance][strategy]") {
  CHECK(toy().valid(kBest));
  CHECK(reward(kBest) == 1.0);
  CHECK(chance().mean < 0.5);
}

TEST_CASE("strategy: the seed decides the proposals", "[conformance][strategy]") {
  for (const auto& name : strategies()) {
    INFO(name);
    const auto proposals = run_course(*make(name, 1), {.trials = 60});
    CHECK(proposals == run_course(*make(name, 1), {.trials = 60}));
    CHECK(proposals != run_course(*make(name, 2), {.trials = 60}));
  }
}

TEST_CASE("strategy: the same calls give the same state", "[conformance][strategy]") {
  for (const auto& name : strategies()) {
    INFO(name);
    const auto one = make(name, 1);
    const auto two = make(name, 1);
    const Course course{.trials = 45, .window = 3, .fail_every = 7, .skip_every = 11};
    run_course(*one, course);
    run_course(*two, course);
    CHECK(one->save_state() == two->save_state());
  }
}

TEST_CASE("strategy: restored in the middle goes on bit for bit", "[conformance][strategy]") {
  for (const auto& name : strategies()) {
    INFO(name);
    const auto straight = make(name, 1);
    std::deque<Choices> pending;
    const auto advance = [&](Strategy& strategy, std::deque<Choices>& waiting, int trials) {
      std::vector<Choices> proposals;
      for (int i = 0; i < trials; ++i) {
        waiting.push_back(strategy.propose());
        proposals.push_back(waiting.back());
        if (waiting.size() < 4) continue;
        const Choices choices = waiting.front();
        waiting.pop_front();
        strategy.observe({.choices = choices, .reward = reward(choices)});
      }
      return proposals;
    };
    advance(*straight, pending, 37);

    const auto restored = make(name, 1);
    restored->load_state(straight->save_state());
    CHECK(restored->save_state() == straight->save_state());
    std::deque<Choices> restored_pending = pending;
    const auto expected = advance(*straight, pending, 60);
    CHECK(advance(*restored, restored_pending, 60) == expected);
    CHECK(restored->save_state() == straight->save_state());
  }
}

TEST_CASE("strategy: another's state is refused", "[conformance][strategy]") {
  for (const auto& name : strategies()) {
    INFO(name);
    for (const std::string text : {"", "not JSON", "{}", "[]", "7", R"({"strategy": "none"})"}) {
      CHECK_THROWS_AS(make(name, 1)->load_state(text), common::DataError);
    }
    for (const auto& other : strategies()) {
      if (other == name) continue;
      CHECK_THROWS_AS(make(name, 1)->load_state(make(other, 1)->save_state()), common::DataError);
    }
  }
}

TEST_CASE("strategy: rewards of another scale give the same search", "[conformance][strategy]") {
  for (const auto& name : strategies()) {
    INFO(name);
    // A power of two: the same in every bit of the arithmetic.
    CHECK(run_course(*make(name, 1), {.trials = 80}) ==
          run_course(*make(name, 1), {.trials = 80, .scale = 128.0}));
  }
}

TEST_CASE("strategy: failed and skipped trials are survived", "[conformance][strategy]") {
  for (const auto& name : strategies()) {
    INFO(name);
    run_course(*make(name, 1), {.trials = 60, .window = 4, .fail_every = 3, .skip_every = 5});
    run_course(*make(name, 1), {.trials = 30, .fail_every = 1});
    run_course(*make(name, 1), {.trials = 30, .skip_every = 1});
  }
}

TEST_CASE("strategy: all but random learn and random is as good as chance",
          "[conformance][strategy]") {
  double random_best = 0.0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    random_best += best_reward(run_course(*make("random", seed), {})) / kSeeds;
  }
  // One after another; several in flight with failures among them; percent.
  const std::vector<Course> courses = {
      {}, {.window = 8, .fail_every = 9, .skip_every = 13}, {.scale = 100.0}};
  for (const auto& name : strategies()) {
    for (size_t i = 0; i < courses.size(); ++i) {
      INFO(name << ", course " << i);
      double all = 0.0;
      double last = 0.0;
      double best = 0.0;
      for (uint64_t seed = 0; seed < kSeeds; ++seed) {
        Course course = courses[i];
        course.trials = trials_to_learn(name);
        const auto proposals = run_course(*make(name, seed), course);
        all += mean_reward(proposals, proposals.size()) / kSeeds;
        last += mean_reward(proposals, proposals.size() / 2) / kSeeds;
        best += best_reward(proposals) / kSeeds;
      }
      INFO("mean " << all << ", of the later half " << last << ", best " << best << "; chance "
                   << chance().mean << " +- " << chance().deviation);
      if (name == "random") {
        CHECK(std::abs(all - chance().mean) < 0.15 * chance().deviation);
      } else {
        CHECK(last > chance().mean + chance().deviation);
        CHECK(best >= random_best);
      }
    }
  }
}

}  // namespace
}  // namespace nas::controller
