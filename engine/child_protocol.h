// What a worker and its child say to each other: a line of JSON each.
#pragma once

#include <string>

#include "engine/run_space.h"
#include "engine/trial.h"

namespace nas::engine {

// worker -> child: train this.
struct ChildRequest {
  Trial trial;  // id, kind, attempt, architecture, from_epoch, to_epoch; the rest does not travel
  Settings settings = {};  // that differ from the run's
};
common::Json to_json(const ChildRequest& request);
ChildRequest child_request_from_json(const common::Json& json);  // throws DataError

// child -> worker. kind: "started" (the first training step begins), "progress" (still alive),
// "trained" (with shared weights: they are, as far as this trial needs them), "done" (the result),
// "stopped" (a checkpoint was written), "fatal" (this machine cannot go on, e.g. a full disk;
// `text` says why).
struct ChildReply {
  std::string kind;
  std::string text = {};
  TrialState state = TrialState::kFailed;
  std::optional<double> reward = {};
  common::Json metrics = common::Json::object();
  common::Json files = common::Json::object();
  double seconds = 0.0;
  bool last = false;  // the child ends after this "done"

  void fill(Trial& trial) const;  // of a "done"
};
common::Json to_json(const ChildReply& reply);
ChildReply child_reply_from_json(const common::Json& json);  // throws DataError

}  // namespace nas::engine
