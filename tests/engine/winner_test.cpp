// Which trial a run ends with, on rewards of known worth and noise.
#include "engine/winner.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <set>

#include "engine/repeats.h"
#include "engine/reward_model.h"
#include "engine/run_space.h"
#include "engine/search_options.h"
#include "search_space/space.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

constexpr double kNoise = 0.02;

common::Options options_of(const std::string& evaluator = "trained") {
  common::Options options = search_options();
  options.set("space", "nasbench201", "test");
  options.set("evaluator", evaluator, "test");
  return options;
}

// What a cell is worth: every operation adds its own.
double worth_of(const search_space::Choices& choices) {
  double worth = 0.4;
  for (const int choice : choices)
    worth += std::vector<double>{-0.02, 0, 0.01, 0.02, -0.01}.at(static_cast<size_t>(choice));
  return worth;
}

// `count` random cells of different keys, each trained once with noise.
std::vector<Trial> random_trials(int count, uint64_t seed) {
  const auto space = common::Registry<search_space::SpacePlugin>::find("nasbench201").make();
  common::RandomStream random({.seed = seed, .purpose = "winner test"});
  std::vector<Trial> trials;
  std::set<std::string> keys;
  while (static_cast<int>(trials.size()) < count) {
    Trial trial{.id = static_cast<int64_t>(trials.size()), .choices = space->sample(random)};
    trial.key = space->key(trial.choices);
    if (!keys.insert(trial.key).second) continue;
    trial.architecture = space->architecture(trial.choices);
    trial.state = TrialState::kSucceeded;
    trial.reward = worth_of(trial.choices) + kNoise * random.normal();
    trials.push_back(trial);
  }
  return trials;
}

const Trial& luckiest_of(const std::vector<Trial>& trials) {
  return *std::max_element(trials.begin(), trials.end(),
                           [](const Trial& a, const Trial& b) { return *a.reward < *b.reward; });
}

TEST_CASE("winner: it is better than the luckiest child, and as sure of it as it says",
          "[engine]") {
  constexpr int kRuns = 30;
  double of_winners = 0;
  double of_luckiest = 0;
  double noise = 0;
  double squares = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto trials = random_trials(40, static_cast<uint64_t>(run));
    const auto winner = choose_winner(trials, {}, options_of());
    REQUIRE(winner.has_value());
    REQUIRE(winner->modelled);
    const double worth = worth_of(winner->trial.choices);
    of_winners += worth / kRuns;
    of_luckiest += worth_of(luckiest_of(trials).choices) / kRuns;
    noise += winner->noise / kRuns;
    REQUIRE(winner->deviation > 0);
    squares += std::pow((worth - winner->mean) / winner->deviation, 2) / kRuns;
    CHECK(winner->better > 0.4);  // the order is that of means, this one counts the settings
    CHECK(winner->better <= 1.0);
    CHECK(winner->runner_up.value() != winner->trial.id);
    CHECK(winner->architectures == 40);
  }
  CAPTURE(of_winners, of_luckiest, noise, squares);
  CHECK(of_winners > of_luckiest);
  CHECK(noise > kNoise / 2);
  CHECK(noise < kNoise * 2);
  CHECK(squares < 4);  // 1 where the deviations are right
}

// Sixteen trainings, as the laptop preset has: one setting of the model, the likeliest, may take
// all noise for knowledge.
TEST_CASE("winner: of few trainings it is no surer than it may be", "[engine]") {
  constexpr int kRuns = 30;
  double squares = 0;
  for (int run = 0; run < kRuns; ++run) {
    const auto trials = random_trials(16, static_cast<uint64_t>(100 + run));
    const auto winner = choose_winner(trials, {}, options_of());
    CAPTURE(run, winner->noise);
    CHECK(winner->noise > kNoise / 4);
    squares +=
        std::pow((worth_of(winner->trial.choices) - winner->mean) / winner->deviation, 2) / kRuns;
  }
  CHECK(squares < 4);  // 1 where the deviations are right
}

TEST_CASE("winner: the highest reward is named beside it", "[engine]") {
  const auto trials = random_trials(40, 3);
  const auto winner = choose_winner(trials, {}, options_of());
  REQUIRE(winner);
  CHECK(winner->best_trial == luckiest_of(trials).id);
  CHECK(winner->best_reward == *luckiest_of(trials).reward);
}

TEST_CASE("winner: further trainings of one that was lucky take it back", "[engine]") {
  auto trials = random_trials(20, 3);
  Trial lucky = trials[5];
  trials[5].reward = 0.9;
  CHECK(choose_winner(trials, {}, options_of())->trial.id == 5);
  std::vector<Trial> repeats;
  for (int64_t number = 1; number <= 6; ++number) {
    repeats.push_back(repeat_of(lucky, number));
    CHECK(parent_of(repeats.back()) == 5);
    repeats.back().state = TrialState::kSucceeded;
    repeats.back().reward = 0.2;
  }
  const auto winner = choose_winner(trials, repeats, options_of());
  CHECK(winner->trial.id != 5);
  CHECK(winner->trainings == 26);
  // One that failed says nothing.
  repeats.resize(1);
  repeats[0].state = TrialState::kFailed;
  repeats[0].reward.reset();
  CHECK(choose_winner(trials, repeats, options_of())->trial.id == 5);
}

TEST_CASE("winner: without noise, or of few, it is the highest reward", "[engine]") {
  const auto many = random_trials(30, 1);
  const auto exact = choose_winner(many, {}, options_of("table"));
  CHECK(exact->trial.id == luckiest_of(many).id);
  CHECK(exact->mean == *luckiest_of(many).reward);
  CHECK_FALSE(exact->modelled);
  CHECK_THAT(winner_text(*exact), ContainsSubstring("no noise"));
  CHECK(to_json(*exact).at("by").get<std::string>() == "reward");
  const auto few = random_trials(7, 1);
  const auto winner = choose_winner(few, {}, options_of());
  CHECK(winner->trial.id == luckiest_of(few).id);
  CHECK_THAT(winner_text(*winner), ContainsSubstring("too few"));
  CHECK(choose_winner(random_trials(1, 1), {}, options_of())->trial.id == 0);
  CHECK_FALSE(choose_winner({}, {}, options_of()).has_value());
}

TEST_CASE("winner: rows that are no trainings do not count", "[engine]") {
  auto trials = random_trials(20, 2);
  const auto before = choose_winner(trials, {}, options_of());
  Trial reused = trials[3];
  reused.id = 20;
  reused.reused_from = 3;
  Trial failed{.id = 21, .key = "failed", .state = TrialState::kOutOfMemory};
  trials.push_back(reused);
  trials.push_back(failed);
  CHECK(to_json(*choose_winner(trials, {}, options_of())).dump() == to_json(*before).dump());
}

TEST_CASE("winner: rewards of any scale and sign are ordered alike", "[engine]") {
  const auto trials = random_trials(30, 4);
  const auto winner = choose_winner(trials, {}, options_of());
  auto losses = trials;
  for (auto& trial : losses) trial.reward = 100 * (*trial.reward - 5);
  const auto other = choose_winner(losses, {}, options_of());
  CHECK(other->trial.id == winner->trial.id);
  CHECK_THAT(other->mean, WithinAbs(100 * (winner->mean - 5), 1e-6));
  CHECK_THAT(other->deviation, WithinAbs(100 * winner->deviation, 1e-6));
  CHECK_THAT(other->better, WithinAbs(winner->better, 1e-6));
  // Equal rewards are no fault.
  for (auto& trial : losses) trial.reward = 0.1;
  CHECK(choose_winner(losses, {}, options_of())->trial.id == 0);
  // A network that learns nothing does not change what is said of the good ones.
  auto broken = trials;
  size_t worst = 0;
  for (size_t i = 0; i < broken.size(); ++i) {
    if (*broken[i].reward < *broken[worst].reward) worst = i;
  }
  broken[worst].reward = -1000;
  CHECK(choose_winner(broken, {}, options_of())->deviation < 3 * winner->deviation);
}

TEST_CASE("winner: costs and scores count where all trials have them", "[engine]") {
  auto trials = random_trials(20, 6);
  for (auto& trial : trials) {
    trial.metrics = {{"parameters", 1000 + 10 * trial.id}, {"multiply_adds", 5000}};
    trial.metrics["scores"] = {{"synflow", 0.5 * static_cast<double>(trial.id)}};
  }
  const auto with_all = choose_winner(trials, {}, options_of());
  trials[7].metrics.erase("scores");
  const auto without_scores = choose_winner(trials, {}, options_of());
  trials[7].metrics.erase("parameters");
  const auto without_costs = choose_winner(trials, {}, options_of());
  CHECK(with_all->modelled);
  CHECK(without_scores->modelled);
  CHECK(to_json(*without_costs).dump() ==
        to_json(*choose_winner(random_trials(20, 6), {}, options_of())).dump());
}

TEST_CASE("winner: with --size-prior larger networks are preferred among those that are alike",
          "[engine]") {
  // By a model, or where shared weights reward small networks more than they are worth.
  const std::string evaluator = GENERATE("trained", "shared");
  CAPTURE(evaluator);
  auto trials = random_trials(20, 9);
  for (auto& trial : trials) trial.metrics = {{"parameters", 1000}, {"multiply_adds", 5000}};
  common::Options options = options_of(evaluator);
  const auto before = best_trials(trials, {}, options, 2);
  trials[static_cast<size_t>(before[1].id)].metrics["parameters"] = 9000;
  options.set("size-prior", "5", "test");
  const auto winner = choose_winner(trials, {}, options);
  CHECK(winner->trial.id == before[1].id);
  CHECK_THAT(winner_text(*winner), ContainsSubstring("--size-prior"));
  CHECK(to_json(*winner).at("size_prior").get<double>() == 5);
  options.set("cost", "parameters", "test");  // which says itself what size is worth
  CHECK(choose_winner(trials, {}, options)->trial.id == before[0].id);
  options.set("cost", "none", "test");
  options.set("size-prior", "0", "test");
  CHECK_THAT(winner_text(*choose_winner(trials, {}, options)), !ContainsSubstring("--size-prior"));
}

TEST_CASE("winner: a table says itself what size is worth", "[engine]") {
  auto trials = random_trials(20, 9);
  for (auto& trial : trials)
    trial.metrics = {{"parameters", 1000 << (trial.id % 10)}, {"multiply_adds", 5000}};
  common::Options options = options_of("table");
  const int64_t before = choose_winner(trials, {}, options)->trial.id;
  options.set("size-prior", "5", "test");
  CHECK(choose_winner(trials, {}, options)->trial.id == before);
}

TEST_CASE("winner: an architecture from outside of the space can win", "[engine]") {
  auto trials = random_trials(20, 5);
  trials[0].choices.clear();
  trials[0].key = "given";
  trials[0].reward = 0.95;
  CHECK(choose_winner(trials, {}, options_of())->trial.id == 0);
}

TEST_CASE("repeats: the best are trained again, once, whenever it is asked", "[engine]") {
  const auto trials = random_trials(20, 7);
  common::Options options = options_of();
  CHECK(missing_repeats(trials, {}, options).empty());
  options.set("repeats", "3", "test");
  const auto missing = missing_repeats(trials, {}, options);
  REQUIRE(missing.size() == 3);
  CHECK(parent_of(missing[0]) == choose_winner(trials, {}, options)->trial.id);
  for (const auto& repeat : missing) {
    const Trial& parent = trials[static_cast<size_t>(parent_of(repeat))];
    CHECK(repeat.kind == "repeat");
    CHECK(repeat.id == parent.id + kFirstFurther);
    CHECK(repeat.key == parent.key);
    CHECK(repeat.architecture == parent.architecture);
    CHECK(repeat.state == TrialState::kWaiting);
  }
  // What they bring does not change which they are.
  std::vector<Trial> done = {missing[0]};
  done[0].state = TrialState::kSucceeded;
  done[0].reward = 0.0;
  const auto others = missing_repeats(trials, done, options);
  REQUIRE(others.size() == 2);
  CHECK(others[0].id == missing[1].id);
  CHECK(missing_repeats(trials, missing, options).empty());
  options.set("repeats", "100", "test");
  CHECK(missing_repeats(trials, {}, options).size() == 20);
  options.set("evaluator", "table", "test");
  CHECK(missing_repeats(trials, {}, options).empty());
}

TEST_CASE("repeats: of settings those with the highest rewards, and those as given", "[engine]") {
  auto trials = random_trials(20, 7);
  common::Options options = options_of();
  options.set("repeats", "3", "test");
  const auto repeated = [&] {
    std::vector<int64_t> parents;
    for (const Trial& repeat : missing_repeats(trials, {}, options))
      parents.push_back(parent_of(repeat));
    return parents;
  };
  trials[0].key = kSettingsAsGiven;
  for (size_t i = 0; i < trials.size(); ++i)
    trials[i].reward = 0.4 + 0.001 * static_cast<double>(i);
  CHECK(repeated() == std::vector<int64_t>{19, 18, 17, 0});
  trials[18].reward.reset();  // failed
  trials[17].reused_from = 3;
  CHECK(repeated() == std::vector<int64_t>{19, 16, 15, 0});
  trials[0].reward = 0.5;
  CHECK(repeated() == std::vector<int64_t>{0, 19, 16});
}

TEST_CASE("reward model: the worth from others knows nothing of the one left out", "[engine]") {
  auto trials = random_trials(20, 8);
  const RewardModel before(trained_architectures(trials, {}), options_of());
  trials[4].reward = *trials[4].reward + 0.01;
  const RewardModel after(trained_architectures(trials, {}), options_of());
  CHECK(before.mean(4) < after.mean(4));
  CHECK_THAT(after.worth_from_others(4), WithinAbs(before.worth_from_others(4), 2e-3));
}

TEST_CASE("winner: with shared weights rewards of the last ones count, of a mixture the last cell",
          "[engine]") {
  auto trials = random_trials(6, 4);
  for (auto& trial : trials) {
    trial.to_epoch = trial.id < 3 ? 1 : 2;
    trial.reward = trial.id == 0 ? 0.9 : 0.5 - 0.01 * static_cast<double>(trial.id);
  }
  const auto winner = choose_winner(trials, {}, options_of("shared"));
  REQUIRE(winner);
  CHECK(winner->trial.id == 3);  // not 0, whose weights were others
  CHECK(winner->architectures == 3);
  CHECK_FALSE(winner->modelled);
  CHECK_THAT(winner_text(*winner), ContainsSubstring("the same weights"));
  for (auto& trial : trials) trial.metrics["mixture"] = std::vector<double>{0.5};
  common::Options darts = options_of("shared");
  darts.set("strategy", "darts", "test");
  const auto derived = choose_winner(trials, {}, darts);
  CHECK(is_better(trials[5], trials[4]));  // so that its weights are kept
  CHECK_FALSE(is_better(trials[4], trials[5]));
  CHECK(derived->trial.id == 5);
  CHECK(to_json(*derived).at("by").get<std::string>() == "mixture");
  CHECK_THAT(winner_text(*derived),
             ContainsSubstring("trial 5: the cell that the mixture stood for") &&
                 !ContainsSubstring("by its reward"));
  common::Options enas = options_of("shared");
  enas.set("strategy", "ppo", "test");
  CHECK_THAT(winner_text(*choose_winner(trials, {}, enas)),
             ContainsSubstring("after equally many epochs"));
}

TEST_CASE("winner: a collapsed cell of shared weights is called one", "[engine]") {
  auto trials = random_trials(1, 4);
  trials[0].choices = search_space::Choices(6, 1);
  trials[0].architecture = common::Registry<search_space::SpacePlugin>::find("nasbench201")
                               .make()
                               ->architecture(trials[0].choices);
  CHECK_THAT(choose_winner(trials, {}, options_of("shared"))->collapse,
             ContainsSubstring("6 of 6"));
  CHECK(choose_winner(trials, {}, options_of("trained"))->collapse.empty());
}

}  // namespace
}  // namespace nas::engine
