#include "engine/trial_row.h"

namespace nas::engine {

using common::Json;
using common::parse_json;

TrialRow row_of(const Trial& trial) {
  TrialRow row;
  row.id = trial.id;
  row.kind = trial.kind;
  row.choices = Json(trial.choices).dump();
  row.key = trial.key;
  row.architecture = search_space::to_json(trial.architecture).dump();
  row.reused_from = trial.reused_from.value_or(-1);
  row.from_epoch = trial.from_epoch;
  row.to_epoch = trial.to_epoch;
  row.attempt = trial.attempt;
  row.state = state_text(trial.state);
  row.worker = trial.worker;
  row.lease = trial.lease;
  row.reward = trial.reward.value_or(0.0);
  row.reward_there = trial.reward ? soci::i_ok : soci::i_null;
  row.reason = trial.reason;
  row.metrics = trial.metrics.dump();
  row.files = trial.files.dump();
  row.seconds = trial.seconds;
  return row;
}

Trial trial_of(const TrialRow& row) {
  Trial trial;
  trial.id = row.id;
  trial.kind = row.kind;
  trial.choices = parse_json(row.choices, "store").get<search_space::Choices>();
  trial.key = row.key;
  trial.architecture =
      search_space::architecture_from_json(parse_json(row.architecture, "store"), "store");
  if (row.reused_from >= 0) trial.reused_from = row.reused_from;
  trial.from_epoch = row.from_epoch;
  trial.to_epoch = row.to_epoch;
  trial.attempt = row.attempt;
  trial.state = state_from_text(row.state);
  trial.worker = row.worker;
  trial.lease = row.lease;
  if (row.reward_there == soci::i_ok) trial.reward = row.reward;
  trial.reason = row.reason;
  trial.metrics = parse_json(row.metrics, "store");
  trial.files = parse_json(row.files, "store");
  trial.seconds = row.seconds;
  return trial;
}

}  // namespace nas::engine
