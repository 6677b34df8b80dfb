#include "engine/child_protocol.h"

namespace nas::engine {

common::Json to_json(const ChildRequest& request) {
  const Trial& trial = request.trial;
  return {
      {"trial", trial.id},           {"kind", trial.kind},
      {"attempt", trial.attempt},    {"from_epoch", trial.from_epoch},
      {"to_epoch", trial.to_epoch},  {"architecture", search_space::to_json(trial.architecture)},
      {"settings", request.settings}};
}

ChildRequest child_request_from_json(const common::Json& json) {
  Trial trial{.id = common::json_get<int64_t>(json, "trial", "child"),
              .kind = common::json_get<std::string>(json, "kind", "child")};
  trial.attempt = common::json_get<int64_t>(json, "attempt", "child");
  trial.from_epoch = common::json_get<int64_t>(json, "from_epoch", "child");
  trial.to_epoch = common::json_get<int64_t>(json, "to_epoch", "child");
  trial.architecture =
      search_space::architecture_from_json(json.value("architecture", common::Json()), "child");
  return {.trial = trial, .settings = common::json_get<Settings>(json, "settings", "child")};
}

void ChildReply::fill(Trial& trial) const {
  trial.state = state;
  trial.reward = reward;
  trial.reason = text;
  trial.metrics.update(metrics);  // the coordinator has noted costs and scores
  trial.files = files;
  trial.seconds = seconds;
}

common::Json to_json(const ChildReply& reply) {
  common::Json json = {{"kind", reply.kind}};
  if (!reply.text.empty()) json["text"] = reply.text;
  if (reply.kind != "done") return json;
  json["state"] = state_text(reply.state);
  if (reply.reward) json["reward"] = *reply.reward;
  json["metrics"] = reply.metrics;
  json["files"] = reply.files;
  json["seconds"] = reply.seconds;
  if (reply.last) json["last"] = true;
  return json;
}

ChildReply child_reply_from_json(const common::Json& json) {
  ChildReply reply{.kind = common::json_get<std::string>(json, "kind", "child")};
  reply.text = json.value("text", "");
  if (reply.kind != "done") return reply;
  reply.state = state_from_text(common::json_get<std::string>(json, "state", "child"));
  if (json.contains("reward")) reply.reward = common::json_get<double>(json, "reward", "child");
  reply.metrics = json.value("metrics", common::Json::object());
  reply.files = json.value("files", common::Json::object());
  reply.seconds = json.value("seconds", 0.0);
  reply.last = json.value("last", false);
  return reply;
}

}  // namespace nas::engine
