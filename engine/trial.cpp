#include "engine/trial.h"

#include <array>

#include "common/error.h"

namespace nas::engine {

namespace {

constexpr std::array<const char*, 9> kTexts = {"WAITING", "LEASED",  "SUCCEEDED",  "FAILED", "OOM",
                                               "NAN",     "TIMEOUT", "INFEASIBLE", "NOT_RUN"};
// What kFirstFurther is multiplied by.
constexpr int64_t kPromotions = 1000;
constexpr int64_t kFinalists = 10000;

Trial further_training(const Trial& trial, const char* kind, int64_t number) {
  return {.id = parent_of(trial) + number * kFirstFurther,
          .kind = kind,
          .choices = trial.choices,
          .key = trial.key,
          .architecture = trial.architecture,
          .to_epoch = trial.to_epoch};
}

}  // namespace

std::string state_text(TrialState state) { return kTexts.at(static_cast<size_t>(state)); }

TrialState state_from_text(const std::string& text) {
  for (size_t i = 0; i < kTexts.size(); ++i) {
    if (text == kTexts[i]) return static_cast<TrialState>(i);
  }
  throw common::DataError({.where = "trial", .what = "unknown state", .got = "'" + text + "'"});
}

Trial repeat_of(const Trial& trial, int64_t number) {
  return further_training(trial, "repeat", number);
}

Trial promotion_of(const Trial& trial, int64_t rung) {
  return further_training(trial, "promotion", kPromotions + rung);
}

Trial finalist_of(const Trial& trial, int64_t epochs) {
  Trial finalist = further_training(trial, "finalist", kFinalists + epochs);
  finalist.to_epoch = epochs;
  return finalist;
}

int64_t seed_of(const Trial& row) { return row.kind == "promotion" ? parent_of(row) : row.id; }

int64_t continued_by(const Trial& promotion) {
  const int64_t rung = promotion.id / kFirstFurther - kPromotions;
  return rung > 1 ? promotion.id - kFirstFurther : parent_of(promotion);
}

}  // namespace nas::engine
