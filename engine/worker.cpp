#include "engine/worker.h"

#include <unistd.h>

#include "child_trainer/checkpoint.h"
#include "common/error.h"
#include "common/log.h"
#include "common/process.h"
#include "engine/evaluator.h"
#include "engine/run_store.h"
#include "engine/signals.h"

namespace nas::engine {

namespace {

constexpr double kLeaseSeconds = 60.0;
constexpr double kRenewSeconds = 15.0;
constexpr int kLookMs = 100;  // between looks for a trial, unless the coordinator tells of one

void work_on(Trial trial, const RunFolder& run, Store& store, Evaluator& evaluator,
             int64_t max_attempts) {
  double renewed = common::monotonic_seconds();
  bool lost = false;
  const Verdict verdict = evaluator.evaluate(trial, [&] {
    if (stop_signal() != 0) return false;
    if (const double now = common::monotonic_seconds(); now - renewed > kRenewSeconds) {
      renewed = now;
      lost = !store.renew(trial, kLeaseSeconds);
    }
    return !lost;
  });
  if (verdict == Verdict::kStopped) {
    store.put_back(trial, /*count_attempt=*/false);
    return;
  }
  if (verdict == Verdict::kDied) {
    store.add_event("child died", trial.id, "attempt " + std::to_string(trial.attempt));
    if (trial.attempt + 1 < max_attempts) {
      store.put_back(trial, /*count_attempt=*/true);
      return;
    }
    ++trial.attempt;
    trial.state = TrialState::kFailed;
    trial.reason = "its child died " + std::to_string(trial.attempt) + " times: " + trial.reason;
  }
  if (!store.finish(trial)) {
    store.add_event("write refused", trial.id, trial.worker);
  } else if (trial.state != TrialState::kSucceeded) {
    child_trainer::remove_checkpoint(run.trial(trial.id));  // a child that was ended leaves it
  }
}

}  // namespace

int run_worker(const RunFolder& run, const common::Options& options, const std::string& name) {
  listen_for_stop(/*terminal_too=*/false);
  Store store = open_store(run);
  const auto evaluator =
      common::Registry<EvaluatorPlugin>::find(options.text("evaluator")).make(run, options);
  const int64_t max_attempts = options.integer("max-attempts");
  while (stop_signal() == 0) {
    if (auto trial = store.claim(name, kLeaseSeconds)) {
      work_on(std::move(*trial), run, store, *evaluator, max_attempts);
      common::tell_news(STDOUT_FILENO);
    } else {
      common::wait_for_news({STDIN_FILENO}, kLookMs);
    }
  }
  return common::kExitDone;
}

}  // namespace nas::engine
