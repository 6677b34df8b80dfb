#include "engine/child_evaluator.h"

#include <signal.h>

#include <optional>

#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"
#include "engine/child_protocol.h"
#include "engine/helper_process.h"
#include "engine/run_space.h"
#include "engine/search_options.h"

namespace nas::engine {
namespace {

constexpr int kChildPollMs = 50;
constexpr double kChildAskSeconds = 0.25;  // between calls of keep_going()
constexpr double kChildEndSeconds = 5.0;   // from the end of a child's output to its own
// A child leaks when it keeps this share of --child-memory between trials, and this much more than
// after its first.
constexpr double kLeakShare = 0.5;
constexpr double kLeakGrowth = 1.5;

class ChildEvaluator : public Evaluator {
 public:
  ChildEvaluator(RunFolder run, const common::Options& options)
      : run_(std::move(run)),
        space_(options),
        device_(options.text("device")),
        silence_(options.number("child-silence")),
        threads_(options.integer("threads")) {
    memory_ = helper_memory(options);
  }

  Verdict evaluate(Trial& trial, const std::function<bool()>& keep_going) override {
    if (child_ && child_->poll()) child_.reset();
    begun_ = common::monotonic_seconds();
    times_ = common::Json::object();
    if (ended_ > 0) times_["idle"] = begun_ - ended_;
    if (!child_) start_child();
    // To a child that is gone nothing can be written; its output has ended then, too.
    child_->write_line(
        to_json(ChildRequest{.trial = trial, .settings = space_.settings(trial.choices)}).dump());
    double heard = begun_;
    double asked = heard;
    bool stopping = false;
    for (;;) {
      const auto line = child_->read_line(kChildPollMs);
      const double now = common::monotonic_seconds();
      if (line) {
        heard = now;
        if (const auto verdict = hear(*line, trial)) return *verdict;
      }
      // Not when it died, but when all that it said was heard.
      if (child_->at_end()) return end_of(trial, stopping);
      if (common::resident_bytes(child_->pid()) > memory_) {
        child_.reset();
        return fail(trial, TrialState::kOutOfMemory, "the child took more than --child-memory");
      }
      if (now - heard > silence_) {
        child_.reset();
        return fail(trial, TrialState::kTimeout,
                    "the child showed no progress for --child-silence");
      }
      if (!stopping && now - asked > kChildAskSeconds) {
        asked = now;
        if (!keep_going()) {
          stopping = true;
          child_->signal(SIGTERM);  // it writes a checkpoint and says "stopped"
        }
      }
    }
  }

 private:
  void start_child() {
    first_bytes_ = 0;
    child_ = start_helper(run_, "child", device_, threads_);
  }

  // Empty: the child goes on.
  std::optional<Verdict> hear(const std::string& line, Trial& trial) {
    ChildReply reply;
    try {
      reply = child_reply_from_json(common::parse_json(line, "child"));
    } catch (const common::DataError& error) {  // half a line of a child that died
      common::log_warning(error.what());
      return std::nullopt;
    }
    if (reply.kind == "fatal") {
      child_.reset();
      throw common::SystemError({.where = "child", .what = reply.text});
    }
    if (reply.kind == "stopped") {
      child_.reset();  // it is ending
      return Verdict::kStopped;
    }
    const double now = common::monotonic_seconds();
    if (reply.kind == "started") times_["start"] = now - begun_;
    if (reply.kind != "done") return std::nullopt;
    reply.fill(trial);
    times_["whole"] = now - begun_;
    trial.metrics["times"].update(times_);
    ended_ = now;
    if (reply.last || leaks()) child_.reset();
    return Verdict::kDone;
  }

  // A warm child gives the same bits as a fresh one, so that it can be replaced after any trial.
  bool leaks() {
    const double bytes = common::resident_bytes(child_->pid());
    if (first_bytes_ <= 0) first_bytes_ = bytes;
    if (bytes < kLeakShare * memory_ || bytes < kLeakGrowth * first_bytes_) return false;
    common::log_info("a child that leaks is replaced: it has " + common::bytes_text(bytes) +
                     ", and had " + common::bytes_text(first_bytes_) + " after its first trial");
    return true;
  }

  static Verdict fail(Trial& trial, TrialState state, const std::string& reason) {
    trial.state = state;
    trial.reason = reason;
    return Verdict::kDone;
  }

  // The child's output has ended without a result.
  Verdict end_of(Trial& trial, bool stopping) {
    const auto status = child_->wait_or_kill(kChildEndSeconds);
    child_.reset();
    if (stopping) return Verdict::kStopped;  // it went before it could say so
    const auto log = run_.trial(trial.id).lexically_relative(run_.path()) / "log.txt";
    fail(trial, TrialState::kFailed,
         "the child ended with " + status.text() + ", see " + log.string());
    return status.signal != 0 ? Verdict::kDied : Verdict::kDone;
  }

  RunFolder run_;
  RunSpace space_;
  std::string device_;
  double memory_;   // bytes
  double silence_;  // seconds
  int64_t threads_;
  std::unique_ptr<common::Process> child_;
  double first_bytes_ = 0;  // resident after the child's first trial
  double begun_ = 0;        // when the present trial did
  double ended_ = 0;        // when the last one did; 0: there was none
  common::Json times_;      // of the present trial, in seconds
};

}  // namespace

std::unique_ptr<Evaluator> make_child_evaluator(const RunFolder& run,
                                                const common::Options& options) {
  return std::make_unique<ChildEvaluator>(run, options);
}

}  // namespace nas::engine
