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
      {TrialState::kTimeout, "TIMEOUT"},     {TrialState::kInfeasible, "INFEASIBLE"}};
  for (const auto& [state, text] : texts) {
    CHECK(state_text(state) == text);
    CHECK((state_from_text(text) == state));
    CHECK(is_finished(state) == (state != TrialState::kWaiting && state != TrialState::kLeased));
  }
  CHECK_THROWS_AS(state_from_text("succeeded"), common::DataError);
  CHECK_THROWS_AS(state_from_text(""), common::DataError);
}

}  // namespace
}  // namespace nas::engine
