// Rewards from training a child: drives one `nas child` process through pipes and watches its
// memory and its progress. Never touches torch itself.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"
#include "engine/child_protocol.h"
#include "engine/evaluator.h"
#include "engine/search_options.h"

namespace nas::engine {
namespace {

constexpr int kPollMs = 50;

double machine_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

class TrainedEvaluator : public Evaluator {
 public:
  TrainedEvaluator(RunFolder run, const common::Options& options)
      : run_(std::move(run)),
        silence_(options.number("child-silence")),
        threads_(options.integer("threads")) {
    memory_ = parse_bytes("child-memory", options.text("child-memory"));
    const auto workers = static_cast<double>(std::max<int64_t>(1, options.integer("workers")));
    if (memory_ <= 0) memory_ = 0.85 * machine_memory() / workers;
  }

  Verdict evaluate(Trial& trial, const std::function<bool()>& keep_going) override {
    if (child_ && child_->poll()) child_.reset();
    if (!child_) start_child();
    if (!child_->write_line(
            to_json(ChildRequest{.trial = trial.id, .architecture = trial.architecture}).dump())) {
      child_.reset();
      return Verdict::kDied;
    }
    double heard = common::monotonic_seconds();
    double asked = heard;
    bool stopping = false;
    for (;;) {
      const auto line = child_->read_line(kPollMs);
      const double now = common::monotonic_seconds();
      if (line) {
        heard = now;
        const ChildReply reply = child_reply_from_json(common::parse_json(*line, "child"));
        if (reply.kind == "fatal") {
          child_.reset();
          throw common::SystemError({.where = "child", .what = reply.text});
        }
        if (reply.kind == "stopped") {
          child_.reset();  // it is ending
          return Verdict::kStopped;
        }
        if (reply.kind == "done") {
          reply.fill(trial);
          return Verdict::kDone;
        }
      }
      if (child_->at_end() || child_->poll()) return end_of(trial, child_->wait());
      if (common::resident_bytes(child_->pid()) > memory_) {
        child_.reset();
        return fail(trial, TrialState::kOutOfMemory, "the child took more than --child-memory");
      }
      if (now - heard > silence_) {
        child_.reset();
        return fail(trial, TrialState::kTimeout,
                    "the child showed no progress for --child-silence");
      }
      if (!stopping && now - asked > 0.25) {
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
    const auto log = run_.path() / "workers" / ("child_" + std::to_string(getpid()) + ".log");
    std::filesystem::create_directories(log.parent_path());
    child_ = std::make_unique<common::Process>(common::ProcessOptions{
        .arguments = {common::self_path().string(), "child", "--run", run_.path().string(),
                      "--parent", std::to_string(getpid())},
        .environment = {{"OMP_WAIT_POLICY", "passive"},
                        {"OMP_NUM_THREADS", std::to_string(threads_)},
                        {"MALLOC_ARENA_MAX", "2"},
                        {"ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256"},
                        {"CUBLAS_WORKSPACE_CONFIG", ":4096:8"}},
        .pipe_stdin = true,
        .pipe_stdout = true,
        .stderr_file = log});
  }

  static Verdict fail(Trial& trial, TrialState state, const std::string& reason) {
    trial.state = state;
    trial.reason = reason;
    return Verdict::kDone;
  }

  Verdict end_of(Trial& trial, const common::ProcessStatus& status) {
    child_.reset();
    if (status.signal != 0) return Verdict::kDied;
    return fail(trial, TrialState::kFailed, "the child ended with " + status.text());
  }

  RunFolder run_;
  double memory_;   // bytes
  double silence_;  // seconds
  int64_t threads_;
  std::unique_ptr<common::Process> child_;
};

const common::Register<EvaluatorPlugin> kRegister{
    {.name = "trained",
     .summary = "Trains a child network on the proxy dataset",
     .check =
         [](const common::Options& options) {
           parse_bytes("child-memory", options.text("child-memory"));
         },
     .make = [](const RunFolder& run,
                const common::Options& options) -> std::unique_ptr<Evaluator> {
       return std::make_unique<TrainedEvaluator>(run, options);
     }}};

}  // namespace
}  // namespace nas::engine
