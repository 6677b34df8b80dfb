#include "engine/pareto.h"

#include <catch2/catch_test_macros.hpp>

#include "common/random.h"

namespace nas::engine {
namespace {

Trial trial_with(int64_t id, double quality, double cost) {
  Trial trial{.id = id, .key = std::to_string(id), .state = TrialState::kSucceeded, .reward = 0.5};
  trial.metrics = {{"quality", quality}, {"cost", cost}};
  return trial;
}

std::vector<int64_t> ids_of(const std::vector<Trial>& trials) {
  std::vector<int64_t> ids;
  for (const auto& point : pareto_front(trials, {}, "cost")) ids.push_back(point.trial);
  return ids;
}

TEST_CASE("pareto: by rising cost, each better than all that cost no more", "[engine]") {
  const std::vector<Trial> trials = {trial_with(0, 0.7, 30), trial_with(1, 0.5, 10),
                                     trial_with(2, 0.6, 40), trial_with(3, 0.9, 80),
                                     trial_with(4, 0.7, 20), trial_with(5, 0.4, 10)};
  CHECK(ids_of(trials) == std::vector<int64_t>{1, 4, 3});
  CHECK(ids_of({}).empty());
}

TEST_CASE("pareto: of equals the earliest; what has no reward, no cost or is a repeat is left out",
          "[engine]") {
  std::vector<Trial> trials = {trial_with(0, 0.5, 10), trial_with(1, 0.5, 10)};
  CHECK(ids_of(trials) == std::vector<int64_t>{0});
  trials[0].reused_from = 1;
  CHECK(ids_of(trials) == std::vector<int64_t>{1});
  trials[1].state = TrialState::kFailed;
  CHECK(ids_of(trials).empty());
  CHECK(pareto_front({trial_with(0, 0.5, 10)}, {}, "latency_ms").empty());
}

TEST_CASE("pareto: of those that the search trained longest, finalists or not", "[engine]") {
  std::vector<Trial> trials;
  for (int64_t i = 0; i < 4; ++i) {
    trials.push_back(trial_with(i, 0.1 * static_cast<double>(i), 10 + static_cast<double>(i)));
    trials.back().to_epoch = 1;
  }
  const auto longer = [&](Trial row, int64_t epochs) {
    row.state = TrialState::kSucceeded;
    row.reward = 0.5;
    row.to_epoch = epochs;
    row.metrics = trials[static_cast<size_t>(parent_of(row))].metrics;
    return row;
  };
  const auto front = [&](const std::vector<Trial>& further) {
    std::vector<int64_t> ids;
    for (const auto& point : pareto_front(trials, further, "cost")) ids.push_back(point.trial);
    return ids;
  };
  const Trial finalist = longer(finalist_of(trials[3], 9), 9);
  CHECK(front({finalist}) == std::vector<int64_t>{0, 1, 2, 3});
  const std::vector<Trial> promoted = {longer(promotion_of(trials[1], 1), 3),
                                       longer(promotion_of(trials[2], 1), 3), finalist};
  CHECK(front(promoted) == std::vector<int64_t>{1, 2});
}

TEST_CASE("pareto: no trial of the front is surpassed, all others are", "[engine]") {
  common::RandomStream random({.purpose = "pareto"});
  std::vector<Trial> trials;
  for (int64_t i = 0; i < 200; ++i) {
    // Few values, so that there are ties.
    trials.push_back(trial_with(i, static_cast<double>(random.integer(20)),
                                static_cast<double>(random.integer(20))));
  }
  std::vector<bool> in_front(trials.size(), false);
  for (const auto id : ids_of(trials)) in_front[static_cast<size_t>(id)] = true;
  for (const auto& one : trials) {
    bool surpassed = false;
    for (const auto& other : trials) {
      const double more =
          other.metrics["quality"].get<double>() - one.metrics["quality"].get<double>();
      const double less = one.metrics["cost"].get<double>() - other.metrics["cost"].get<double>();
      const bool earlier_equal = more == 0 && less == 0 && other.id < one.id;
      surpassed = surpassed || earlier_equal || (more >= 0 && less >= 0 && more + less > 0);
    }
    CHECK(in_front[static_cast<size_t>(one.id)] != surpassed);
  }
}

}  // namespace
}  // namespace nas::engine
