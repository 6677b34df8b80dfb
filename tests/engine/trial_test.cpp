#include "engine/trial.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "common/error.h"

namespace nas::engine {
namespace {

TEST_CASE("trial: states are written by name", "[engine]") {
  const std::vector<std::pair<TrialState, std::string>> texts = {
      {TrialState::kWaiting, "WAITING"},     {TrialState::kLeased, "LEASED"},
      {TrialState::kSucceeded, "SUCCEEDED"}, {TrialState::kFailed, "FAILED"},
      {TrialState::kOutOfMemory, "OOM"},     {TrialState::kNotANumber, "NAN"},
      {TrialState::kTimeout, "TIMEOUT"},     {TrialState::kInfeasible, "INFEASIBLE"},
      {TrialState::kNotRun, "NOT_RUN"}};
  for (const auto& [state, text] : texts) {
    CHECK(state_text(state) == text);
    CHECK((state_from_text(text) == state));
    CHECK(is_finished(state) == (state != TrialState::kWaiting && state != TrialState::kLeased));
  }
  CHECK_THROWS_AS(state_from_text("succeeded"), common::DataError);
  CHECK_THROWS_AS(state_from_text(""), common::DataError);
}

TEST_CASE("trial: a repeat, what was refused and what was not run are no trainings", "[engine]") {
  for (const auto state : {TrialState::kWaiting, TrialState::kLeased, TrialState::kSucceeded,
                           TrialState::kFailed, TrialState::kTimeout})
    CHECK(is_training({.state = state}));
  for (const auto state : {TrialState::kInfeasible, TrialState::kNotRun})
    CHECK_FALSE(is_training({.state = state}));
  CHECK_FALSE(is_training({.reused_from = 3, .state = TrialState::kSucceeded}));
}

TEST_CASE("trial: the id of a further training says of which trial and what it is", "[engine]") {
  const Trial trial{.id = 17, .choices = {1, 2}, .key = "a key", .to_epoch = 3};
  CHECK(repeat_of(trial, 1).id == 1000000017);
  CHECK(repeat_of(trial, 999).id == 999000000017);
  CHECK(promotion_of(trial, 1).id == 1001000000017);
  CHECK(finalist_of(trial, 12).id == 10012000000017);
  CHECK(finalist_of(trial, 100000).id > finalist_of(trial, 12).id);
  std::set<int64_t> ids = {trial.id};
  for (const Trial& row : {repeat_of(trial, 1), repeat_of(trial, 2), promotion_of(trial, 1),
                           promotion_of(trial, 16), finalist_of(trial, 12)}) {
    CAPTURE(row.id, row.kind);
    CHECK(ids.insert(row.id).second);
    CHECK(row.id >= kFirstFurther);
    CHECK(parent_of(row) == 17);
    CHECK(row.choices == trial.choices);
    CHECK(row.key == trial.key);
    CHECK((row.state == TrialState::kWaiting));
    // A promotion goes on with the weights, images and augmentations of its trial.
    CHECK(seed_of(row) == (row.kind == "promotion" ? 17 : row.id));
  }
  CHECK(parent_of(trial) == 17);
  CHECK(repeat_of(trial, 1).to_epoch == 3);
  CHECK(finalist_of(trial, 12).to_epoch == 12);
  CHECK(promotion_of(promotion_of(trial, 1), 2).id == promotion_of(trial, 2).id);
  CHECK(continued_by(promotion_of(trial, 1)) == 17);
  CHECK(continued_by(promotion_of(trial, 3)) == promotion_of(trial, 2).id);
}

}  // namespace
}  // namespace nas::engine
