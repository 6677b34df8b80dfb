// How a proposal gets its reward. One file each in engine/evaluators/. Runs in a worker.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/options.h"
#include "common/registry.h"
#include "engine/run_folder.h"
#include "engine/trial.h"

namespace nas::engine {

enum class Verdict {
  kDone,     // the trial has its state, reward, metrics and reason
  kDied,     // what evaluated it died by a signal: try again
  kStopped,  // keep_going() said so: give the trial back
};

class Evaluator {
 public:
  virtual ~Evaluator() = default;
  // Fills the trial's state, reward (by Objective), reason, files, seconds, and adds to its
  // metrics, in which the coordinator has noted parameters and multiply-adds. keep_going() is asked
  // at least every half second; it renews the lease and returns false when the worker must stop.
  // by_epoch: the reward is that after trial.to_epoch, and the metrics get `rewards`, those after
  // each epoch from trial.from_epoch on.
  virtual Verdict evaluate(Trial& trial, const std::function<bool()>& keep_going) = 0;
};

struct EvaluatorPlugin {
  static constexpr const char* kKind = "evaluator";
  std::string name;
  std::string summary;
  std::vector<std::string> reads = {};  // options that no other evaluator reads
  // Options are those of the run. Throws ConfigError, DataError before any trial is made.
  void (*check)(const common::Options& options) = nullptr;
  std::unique_ptr<Evaluator> (*make)(const RunFolder& run,
                                     const common::Options& options) = nullptr;
  bool needs_proxy = true;  // a proxy dataset must be prepared
  // Why no model of its rewards is made, and no network is rewarded twice: the same would come out.
  // Empty: rewards have noise.
  std::string exact = {};
  // What who sees the rewards must know of them, in the plan, status and report.
  std::string caveat = {};
  bool by_epoch = false;  // rewards depend on how long is trained: --fidelity, --finalists
  bool in_order = false;  // trials are evaluated one after another, by one worker
};

}  // namespace nas::engine
