// A trial as a row of the store: SOCI's types differ between databases, those of a row do not.
#pragma once

#include <soci/soci.h>

#include <string>

#include "engine/trial.h"

namespace nas::engine {

struct TrialRow {
  long long id = 0;
  long long reused_from = -1;  // -1: nothing was reused
  long long from_epoch = 0;
  long long to_epoch = 0;
  long long attempt = 0;
  std::string kind, key, state, worker, lease, reason;
  std::string choices, architecture, metrics, files;  // JSON
  double reward = 0.0;
  soci::indicator reward_there = soci::i_null;
  double seconds = 0.0;
};

TrialRow row_of(const Trial& trial);
Trial trial_of(const TrialRow& row);  // throws DataError when the row is damaged

}  // namespace nas::engine
