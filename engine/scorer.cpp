#include "engine/scorer.h"

#include "child_trainer/device.h"
#include "common/error.h"
#include "common/log.h"
#include "engine/helper_process.h"

namespace nas::engine {

namespace {
constexpr int kPollMs = 100;
constexpr double kEndSeconds = 5.0;  // from the end of a process's output to its own
}  // namespace

common::Json to_json(const ScoreReply& reply) {
  if (reply.value) return {{"score", *reply.value}};
  return {{"reason", reply.reason}};
}

ScoreReply score_reply_from_json(const common::Json& json) {
  if (json.contains("score")) return {.value = common::json_get<double>(json, "score", "scorer")};
  return {.value = {}, .reason = common::json_get<std::string>(json, "reason", "scorer")};
}

Scorer::Scorer(RunFolder run, const common::Options& options)
    : run_(std::move(run)),
      device_(child_trainer::find_devices(options.text("device")).front().str()),
      threads_(options.integer("threads")),
      memory_(helper_memory(options)),
      silence_(options.number("child-silence")),
      max_attempts_(options.integer("max-attempts")) {}

ScoreReply Scorer::give_up(const std::string& reason) {
  process_.reset();
  return {.value = {}, .reason = reason};
}

ScoreReply Scorer::score(const search_space::Architecture& architecture,
                         const std::function<bool()>& keep_going) {
  const std::string line = search_space::to_json(architecture).dump();
  std::string reason;
  for (int64_t attempt = 0; attempt < max_attempts_; ++attempt) {
    if (const auto reply = ask(line, keep_going, reason)) return *reply;
  }
  return give_up(reason);
}

std::optional<ScoreReply> Scorer::ask(const std::string& line,
                                      const std::function<bool()>& keep_going,
                                      std::string& reason) {
  if (!process_) process_ = start_helper(run_, "scorer", device_, threads_);
  process_->write_line(line);  // to one that is gone nothing can be written; its output has ended
  const double start = common::monotonic_seconds();
  for (;;) {
    if (const auto said = process_->read_line(kPollMs)) {
      const auto json = common::Json::parse(*said, nullptr, /*allow_exceptions=*/false);
      if (!json.is_object()) continue;  // half a line of a process that died
      if (json.contains("fatal")) {
        throw common::SystemError(
            {.where = "scorer", .what = common::json_get<std::string>(json, "fatal", "scorer")});
      }
      return score_reply_from_json(json);
    }
    if (process_->at_end()) {
      const auto status = process_->wait_or_kill(kEndSeconds);
      reason = "its scorer ended with " + status.text();
      if (status.signal == 0) return give_up(reason);
      process_.reset();
      return std::nullopt;
    }
    if (common::resident_bytes(process_->pid()) > memory_)
      return give_up("its scorer took more than --child-memory");
    if (common::monotonic_seconds() - start > silence_)
      return give_up("its scorer said nothing for --child-silence");
    if (!keep_going()) {
      process_.reset();
      return ScoreReply{.value = {}, .reason = "stopped", .stopped = true};
    }
  }
}

}  // namespace nas::engine
