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
#include "engine/supernet_schedule.h"

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
        memory_(helper_memory(options)),
        silence_(options.number("child-silence")),
        threads_(options.integer("threads")),
        most_attempts_(options.integer("max-attempts")),
        shared_(SupernetSchedule(options).shared()) {}

  Verdict evaluate(Trial& trial, const std::function<bool()>& keep_going) override {
    if (child_ && child_->poll()) child_.reset();
    begun_ = common::monotonic_seconds();
    times_ = common::Json::object();
    if (ended_ > 0) times_["idle"] = begun_ - ended_;
    trains_supernet_ = shared_;
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
      if (const double bytes = common::resident_bytes(child_->pid()); bytes > memory_) {
        child_.reset();
        return fail(trial, TrialState::kOutOfMemory,
                    {.what = "the child took more than --child-memory",
                     .got = common::bytes_text(bytes),
                     .expected = "at most " + common::bytes_text(memory_),
                     .hint = kSmallerSupernet});
      }
      if (now - heard > silence_) {
        child_.reset();
        return fail(trial, TrialState::kTimeout,
                    {.what = "the child showed no progress for --child-silence",
                     .got = common::duration_text(now - heard),
                     .hint = "a larger --child-silence"});
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
    if (reply.kind == "trained") trains_supernet_ = false;
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

  // `why.what` is the trial's reason; the rest is said where it ends the search.
  Verdict fail(Trial& trial, TrialState state, common::Message why) const {
    why.where = kSupernet;
    if (trains_supernet_) throw common::SystemError(why);
    trial.state = state;
    trial.reason = why.what;
    return Verdict::kDone;
  }

  // The child's output has ended without a result.
  Verdict end_of(Trial& trial, bool stopping) {
    const auto status = child_->wait_or_kill(kChildEndSeconds);
    child_.reset();
    if (stopping) return Verdict::kStopped;  // it went before it could say so
    const bool again = status.signal != 0 && trial.attempt + 1 < most_attempts_;
    if (again) trains_supernet_ = false;  // it goes on from its checkpoint
    const auto log = run_.trial(trial.id).lexically_relative(run_.path()) / "log.txt";
    fail(trial, TrialState::kFailed,
         {.what = "the child ended with " + status.text() + ", see " + log.string(),
          .hint = status.signal != 0
                      ? kSmallerSupernet + std::string(", if it was killed for memory")
                      : ""});
    return status.signal != 0 ? Verdict::kDied : Verdict::kDone;
  }

  RunFolder run_;
  RunSpace space_;
  std::string device_;
  double memory_;   // bytes
  double silence_;  // seconds
  int64_t threads_;
  int64_t most_attempts_;
  bool shared_;
  bool trains_supernet_ = false;  // the child does, so that what ends it concerns every trial
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
