// Rewards are compared with those after as many epochs: winners, finalists, and what was spent.
#include "engine/finalists.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "engine/epochs_spent.h"
#include "engine/repeats.h"
#include "engine/search_options.h"
#include "engine/trained.h"
#include "engine/winner.h"
#include "tests/engine/trial_rows.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using Integers = std::vector<int64_t>;

common::Options options_of_nine_epochs(
    const std::vector<std::pair<std::string, std::string>>& values) {
  common::Options options = search_options();
  options.set("space", "nasbench201", "test");
  options.set("epochs", "9", "test");
  for (const auto& [name, value] : values) options.set(name, value, "test");
  return options;
}

// Cells of different keys, of which trial i has reward i / 100 after `epochs`.
std::vector<Trial> trials_after(int64_t count, int64_t epochs) {
  const auto space = common::Registry<search_space::SpacePlugin>::find("nasbench201").make();
  std::vector<Trial> trials;
  for (int64_t id = 0; id < count; ++id) {
    common::RandomStream random({.trial = static_cast<uint64_t>(id), .purpose = "finalists test"});
    Trial trial = with_reward(waiting_trial(id), static_cast<double>(id) / 100);
    trial.choices = space->sample(random);
    trial.to_epoch = epochs;
    trials.push_back(trial);
  }
  return trials;
}

Trial promoted(const Trial& trial, int64_t rung, int64_t from, int64_t to, double reward) {
  Trial row = with_reward(promotion_of(trial, rung), reward);
  row.from_epoch = from;
  row.to_epoch = to;
  return row;
}

Integers ids_of(const std::vector<Trial>& trials) {
  Integers ids;
  for (const auto& trial : trials) ids.push_back(trial.id);
  return ids;
}

// Ten trials after one epoch; trials 9, 8, 7 went on to three, and 7 to nine.
struct Halved {
  std::vector<Trial> trials = trials_after(10, 1);
  std::vector<Trial> further = {
      promoted(trials[7], 1, 1, 3, 0.5), promoted(trials[8], 1, 1, 3, 0.4),
      promoted(trials[9], 1, 1, 3, 0.3), promoted(trials[7], 2, 3, 9, 0.35)};
  common::Options options = options_of_nine_epochs({{"fidelity", "asha"}});
};

TEST_CASE("trained: rewards are kept apart by their epochs", "[engine]") {
  const Halved run;
  CHECK(trained_epochs(run.trials, run.further) == Integers{9, 3, 1});
  CHECK(trained_epochs({}, {}).empty());
  CHECK(trained_architectures(run.trials, run.further, 1).size() == 10);
  CHECK(ids_of(longest_trained(run.trials, run.further)) == Integers{7});
  const auto second = trained_architectures(run.trials, run.further, 3);
  REQUIRE(second.size() == 3);
  CHECK(second[0].trial.id == 7);
  CHECK(second[0].row == run.further[0].id);
  CHECK(second[0].rewards == std::vector<double>{0.5});
  // A repeat is trained in full, so it counts there.
  auto further = run.further;
  Trial repeat = with_reward(repeat_of(run.trials[7], 1), 0.45);
  repeat.to_epoch = 9;
  further.insert(further.begin(), repeat);
  CHECK(trained_architectures(run.trials, further)[0].mean_reward() == 0.4);
}

TEST_CASE("winner: it is among those that were trained longest", "[engine]") {
  Halved run;
  run.options.set("evaluator", "curves", "test");  // no noise: by the reward alone
  auto winner = choose_winner(run.trials, run.further, run.options);
  REQUIRE(winner);
  CHECK(winner->trial.id == 7);
  CHECK(winner->row == run.further[3].id);
  CHECK(winner->epochs == 9);
  CHECK(winner->mean == 0.35);  // less than after three epochs: that is no matter
  CHECK(winner->architectures == 1);
  CHECK_THAT(winner_text(*winner), ContainsSubstring("0.3500 after 9 epochs"));
  CHECK(to_json(*winner).at("epochs").get<int>() == 9);
  CHECK(ids_of(best_trials(run.trials, run.further, run.options, 5)) == Integers{7, 8, 9, 6, 5});

  run.further.pop_back();
  winner = choose_winner(run.trials, run.further, run.options);
  CHECK(winner->trial.id == 7);
  CHECK(winner->epochs == 3);
  run.further[0].state = TrialState::kNotANumber;
  CHECK(choose_winner(run.trials, run.further, run.options)->trial.id == 8);
  run.further.clear();
  winner = choose_winner(run.trials, run.further, run.options);
  CHECK(winner->trial.id == 9);
  CHECK(winner->epochs == 0);  // all are after the same
}

TEST_CASE("repeats: of a search in rungs they are trained in full", "[engine]") {
  Halved run;
  run.options.set("repeats", "2", "test");
  const auto missing = missing_repeats(run.trials, run.further, run.options);
  REQUIRE(missing.size() == 2);
  CHECK(parent_of(missing[0]) == 7);
  CHECK(parent_of(missing[1]) == 8);
  for (const auto& row : missing) CHECK(row.to_epoch == 9);
}

TEST_CASE("finalists: the best are trained anew, and the winner is one of them", "[engine]") {
  Halved run;
  run.options.set("finalists", "2", "test");
  CHECK(finalist_epochs(run.options) == 36);
  run.options.set("finalist-epochs", "20", "test");
  const auto missing = missing_finalists(run.trials, run.further, run.options);
  REQUIRE(missing.size() == 2);
  CHECK(missing[0].id == finalist_of(run.trials[7], 20).id);
  CHECK(missing[1].id == finalist_of(run.trials[8], 20).id);
  for (const auto& row : missing) {
    CHECK(row.kind == "finalist");
    CHECK(row.from_epoch == 0);
    CHECK(row.to_epoch == 20);
    CHECK((row.state == TrialState::kWaiting));
  }
  // What they bring does not change which they are.
  run.further.push_back(with_reward(missing[1], 0.6));
  CHECK(missing_finalists(run.trials, run.further, run.options).size() == 1);
  run.further.push_back(with_reward(missing[0], 0.55));
  CHECK(missing_finalists(run.trials, run.further, run.options).empty());
  const auto winner = choose_winner(run.trials, run.further, run.options);
  CHECK(winner->trial.id == 8);
  CHECK(winner->row == missing[1].id);
  CHECK(winner->finalist);
  CHECK_THAT(winner_text(*winner),
             ContainsSubstring("the best of 2 finalists") && ContainsSubstring("after 20 epochs"));
  CHECK(to_json(*winner).at("finalist").get<bool>());
  // Others, where they are to be trained longer.
  run.options.set("finalist-epochs", "30", "test");
  CHECK(missing_finalists(run.trials, run.further, run.options).size() == 2);
}

TEST_CASE("finalists: enough of them have a model, and size is not believed in", "[engine]") {
  auto trials = trials_after(12, 9);
  std::vector<Trial> further;
  for (auto& trial : trials) {
    trial.metrics = {{"parameters", 1000 + 100 * trial.id}, {"multiply_adds", 5000}};
    further.push_back(
        with_reward(finalist_of(trial, 20), 0.5 + static_cast<double>(trial.id) / 50));
    further.back().metrics = trial.metrics;
  }
  const auto winner = choose_winner(
      trials, further, options_of_nine_epochs({{"size-prior", "3"}, {"finalists", "12"}}));
  REQUIRE(winner->modelled);
  CHECK(winner->finalist);
  CHECK(winner->size_prior == 0);
  CHECK_THAT(winner_text(*winner),
             ContainsSubstring("the best of 12 finalists") && !ContainsSubstring("--size-prior"));
}

TEST_CASE("finalists: options that make no sense are refused", "[engine]") {
  const auto check = [](const std::vector<std::pair<std::string, std::string>>& values,
                        bool by_epoch = true) {
    check_finalists(options_of_nine_epochs(values), by_epoch);
  };
  CHECK_NOTHROW(check({}, false));
  CHECK_NOTHROW(check({{"finalists", "3"}}));
  CHECK_NOTHROW(check({{"finalists", "3"}, {"finalist-epochs", "10"}}));
  CHECK_THROWS_AS(check({{"finalists", "3"}}, false), common::ConfigError);
  CHECK_THROWS_WITH(check({{"finalists", "3"}, {"finalist-epochs", "9"}}),
                    ContainsSubstring("more than --epochs 9"));
  common::Options options = search_options();
  options.set("finalist-epochs", "10", "flag");
  CHECK_THROWS_WITH(check_finalists(options, true), ContainsSubstring("no finalists"));
}

TEST_CASE("epochs: what was trained, what that would take in full, and who went on", "[engine]") {
  Halved run;
  run.trials[0].state = TrialState::kInfeasible;
  run.trials[1].reused_from = 2;
  run.trials[2].state = TrialState::kNotANumber;
  run.trials[3].state = TrialState::kLeased;
  Trial failed = promotion_of(run.trials[6], 1);
  failed.from_epoch = 1;
  failed.to_epoch = 3;
  failed.state = TrialState::kNotANumber;
  failed.metrics["epoch"] = 2;
  run.further.push_back(failed);
  run.further.push_back(with_reward(finalist_of(run.trials[7], 20), 0.5));
  Trial repeat = with_reward(repeat_of(run.trials[7], 1), 0.5);
  repeat.to_epoch = 9;
  run.further.push_back(repeat);
  const EpochsSpent spent = epochs_spent(run.trials, run.further, run.options);
  CHECK(spent.search == 6 * 1 + 3 * 2 + 1 + 6);
  CHECK(spent.in_full == 7 * 9);
  CHECK(spent.repeats == 9);
  CHECK(spent.finalists == 20);
  CHECK(spent.all() == 48);
  CHECK(spent.stopped_early == 5);
  REQUIRE(spent.rungs.size() == 3);
  CHECK(spent.rungs[0].trained == 7);
  CHECK(spent.rungs[0].promoted == 4);
  CHECK(spent.rungs[1].trained == 4);
  CHECK(spent.rungs[1].promoted == 1);
  CHECK(spent.rungs[2].trained == 1);
  CHECK(epochs_text(spent) ==
        "48 trained: 19 by the search in place of 63, 9 by repeats, 20 by finalists; "
        "4 of 7 promoted after 1, 1 of 4 promoted after 3; 5 trials not in full");
  CHECK(to_json(spent).at("rungs").size() == 3);

  const EpochsSpent full = epochs_spent(trials_after(4, 9), {}, options_of_nine_epochs({}));
  CHECK(full.search == 36);
  CHECK(full.in_full == 36);
  CHECK(full.stopped_early == 0);
  CHECK(full.rungs.empty());
  CHECK(epochs_text(full) == "36 trained");
  CHECK(epochs_spent(run.trials, run.further, options_of_nine_epochs({{"evaluator", "table"}}))
            .all() == 0);
}

}  // namespace
}  // namespace nas::engine
