#include "engine/trial.h"

#include <array>

#include "common/error.h"

namespace nas::engine {

namespace {
constexpr std::array<const char*, 9> kTexts = {"WAITING", "LEASED",  "SUCCEEDED",  "FAILED", "OOM",
                                               "NAN",     "TIMEOUT", "INFEASIBLE", "NOT_RUN"};
}

std::string state_text(TrialState state) { return kTexts.at(static_cast<size_t>(state)); }

TrialState state_from_text(const std::string& text) {
  for (size_t i = 0; i < kTexts.size(); ++i) {
    if (text == kTexts[i]) return static_cast<TrialState>(i);
  }
  throw common::DataError({.where = "trial", .what = "unknown state", .got = "'" + text + "'"});
}

}  // namespace nas::engine
