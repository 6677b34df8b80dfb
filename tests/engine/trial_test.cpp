#include "engine/trial.h"

#include <catch2/catch_test_macros.hpp>

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

}  // namespace
}  // namespace nas::engine
