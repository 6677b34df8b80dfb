#include "engine/child.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <new>

#include "child_trainer/checkpoint.h"
#include "child_trainer/device.h"
#include "child_trainer/trainer.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"
#include "data/dataset_file.h"
#include "engine/child_protocol.h"
#include "engine/helper_process.h"
#include "engine/limits.h"
#include "engine/measured_latency.h"
#include "engine/objective.h"
#include "engine/reward.h"
#include "engine/search_options.h"
#include "engine/shared_child.h"
#include "engine/signals.h"
#include "engine/test_faults.h"
#include "search_space/cost.h"

namespace nas::engine {

namespace {

void say(const ChildReply& reply) {
  // A library's message may hold any bytes.
  const std::string line =
      to_json(reply).dump(-1, ' ', false, common::Json::error_handler_t::replace) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() || std::fflush(stdout) != 0) {
    _exit(common::kExitFailed);  // the worker is gone
  }
}

TrialState state_of(child_trainer::TrainState state) {
  switch (state) {
    case child_trainer::TrainState::kFinished:
      return TrialState::kSucceeded;
    case child_trainer::TrainState::kNotANumber:
      return TrialState::kNotANumber;
    case child_trainer::TrainState::kOutOfMemory:
      return TrialState::kOutOfMemory;
    case child_trainer::TrainState::kTimeLimit:
      return TrialState::kTimeout;
    case child_trainer::TrainState::kStopped:
      break;
  }
  return TrialState::kFailed;
}

// Errors of libraries go on with a trace of calls.
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

ChildReply failure(TrialState state, const std::string& reason) {
  return {.kind = "done", .text = reason, .state = state};
}

std::string outcome_text(const ChildReply& reply) {
  if (reply.kind != "done") return reply.kind;
  if (reply.reward) return fmt::format("{}, reward {:.4f}", state_text(reply.state), *reply.reward);
  return state_text(reply.state) + ": " + reply.text;
}

// The device, which gives no more than the child may take: beyond it its allocator refuses, and the
// trial is OOM.
at::Device device_of(const common::Options& options) {
  const auto device = child_trainer::find_device(options.text("device"));
  const char* children = std::getenv(kChildrenOnGpu);
  const double most = child_gpu_memory(options, child_trainer::cuda_bytes(device),
                                       children != nullptr ? std::atoll(children) : 1);
  child_trainer::limit_cuda_memory(device, most);
  return device;
}

class Child {
 public:
  Child(const RunFolder& run, const common::Options& options)
      : run_(run),
        options_(options),
        objective_(options),
        limits_(options),
        device_(device_of(options)) {
    if (options.text("evaluator") == "shared") {
      shared_ = std::make_unique<SharedChild>(run, options, device_);
    } else {
      trainer_ = std::make_unique<child_trainer::Trainer>(data::map_dataset(run.proxy()), device_);
    }
  }

  // Trains one trial; what is printed meanwhile is in the log.txt of its folder. Throws SystemError
  // alone: what concerns every trial.
  ChildReply serve(const ChildRequest& request) {
    const Trial& trial = request.trial;
    const auto folder = run_.trial(trial.id);
    common::append_stderr_to(folder / "log.txt");
    common::log_info(
        fmt::format("{} attempt {}, process {}", common::utc_stamp(), trial.attempt, getpid()));
    const ChildReply reply = guarded([&] { return train(request); });
    const bool may_go_on =
        reply.state == TrialState::kSucceeded && trial.to_epoch < settings_of(request).epochs;
    if (reply.kind == "done" && !may_go_on) child_trainer::remove_checkpoint(folder);
    common::log_info(common::utc_stamp() + " " + outcome_text(reply));
    return reply;
  }

 private:
  // One trial's failure never ends a search.
  static ChildReply guarded(const std::function<ChildReply()>& train) {
    try {
      return train();
    } catch (const common::SystemError&) {
      throw;
    } catch (const common::ConfigError& error) {  // e.g. an image too small for this cell
      return failure(TrialState::kInfeasible, error.what());
    } catch (const common::Error& error) {
      return failure(TrialState::kFailed, error.what());
    } catch (const std::bad_alloc&) {
      return failure(TrialState::kOutOfMemory, "an allocation failed");
    } catch (const std::exception& error) {
      // What broke may be the GPU's context: the next trial gets a process of its own.
      common::log_error(error.what());
      ChildReply reply = failure(TrialState::kFailed, first_line(error.what()));
      reply.last = true;
      return reply;
    }
  }

  // A finalist's schedule is for its own epochs. All else is a part of a training of --epochs, so
  // that one that goes on is one that was never stopped.
  child_trainer::TrainSettings settings_of(const ChildRequest& request) const {
    auto settings = child_trainer::TrainSettings::from(with_settings(options_, request.settings));
    if (request.trial.kind == "finalist") settings.epochs = request.trial.to_epoch;
    return settings;
  }

  ChildReply train(const ChildRequest& request) {
    const Trial& trial = request.trial;
    const auto options = with_settings(options_, request.settings);
    const int64_t classes = shared_ ? shared_->classes() : trainer_->dataset().class_count();
    const auto latency = MeasuredLatency(options).of(trial.architecture, classes, device_);
    // What was trained is not refused by a second measurement.
    const bool is_new = trial.kind == "child";
    if (const auto reason = limits_.broken_by(latency); is_new && !reason.empty()) {
      ChildReply refused = failure(TrialState::kInfeasible, reason);
      refused.metrics = latency;
      return refused;
    }
    child_trainer::TrainHooks hooks;
    hooks.should_stop = [] { return stop_signal() != 0; };
    hooks.on_start = [] { say({.kind = "started"}); };
    hooks.on_step = [](int64_t, int64_t) { say({.kind = "progress"}); };
    hooks.on_epoch = [](const child_trainer::EpochMetrics&) { say({.kind = "progress"}); };
    child_trainer::TrainJob job{.architecture = trial.architecture,
                                .network = search_space::NetworkOptions::from(options),
                                .settings = settings_of(request),
                                .seed = static_cast<uint64_t>(options_.integer("seed")),
                                .trial = static_cast<uint64_t>(seed_of(trial)),
                                .folder = run_.trial(trial.id),
                                .time_limit = options_.number("child-time-limit"),
                                .stop_after = trial.to_epoch};
    if (trial.kind == "promotion") job.continue_from = run_.trial(continued_by(trial));
    inject_faults(trial.id, job, hooks);
    if (shared_) return shared_->evaluate(trial, latency, hooks, [] { say({.kind = "trained"}); });
    const auto result = run(job, hooks);
    if (result.state == child_trainer::TrainState::kStopped) return {.kind = "stopped"};
    return reply_for(result, trial, latency);
  }

  // A damaged checkpoint costs the epochs that were trained, not the trial.
  child_trainer::TrainResult run(const child_trainer::TrainJob& job,
                                 const child_trainer::TrainHooks& hooks) {
    try {
      return trainer_->run(job, hooks);
    } catch (const common::DataError& error) {
      common::log_warning(std::string(error.what()) + "; trained from the beginning");
      child_trainer::remove_checkpoint(job.folder);
      if (!job.continue_from.empty()) child_trainer::remove_checkpoint(job.continue_from);
    }
    return trainer_->run(job, hooks);
  }

  ChildReply reply_for(const child_trainer::TrainResult& result, const Trial& trial,
                       const common::Json& latency) {
    ChildReply reply{.kind = "done",
                     .text = result.reason,
                     .state = state_of(result.state),
                     .seconds = result.seconds};
    if (reply.state != TrialState::kSucceeded) {
      if (result.last.epoch > 0) reply.metrics["epoch"] = result.last.epoch;
      return reply;
    }
    const double before = common::monotonic_seconds();
    const auto file = run_.trial(trial.id) / "weights.safetensors";
    common::write_safetensors(
        file, {.tensors = child_trainer::store_tensors(trainer_->network()->state(false)),
               .metadata = {}});
    reply.files = {{"weights.safetensors", common::sha256_of_file(file)}};
    const double written = common::monotonic_seconds() - before;
    reply.metrics = child_trainer::to_json(result.last);
    const auto cost = search_space::cost_of(trainer_->network()->graph());
    reply.metrics["parameters"] = cost.parameters;
    reply.metrics["multiply_adds"] = cost.multiply_adds;
    reply.metrics["peak_bytes"] = result.peak_bytes;
    reply.metrics["times"] = {{"training", result.seconds},
                              {"evaluation", result.evaluation_seconds},
                              {"files", result.checkpoint_seconds + written}};
    reply.metrics.update(latency);
    reply.reward = reward_after(result.last, reply.metrics);
    // Read where it is decided what goes on.
    if (options_.text("fidelity") != "full")
      reply.metrics["rewards"] = rewards_by_epoch(trial, reply.metrics);
    return reply;
  }

  double reward_after(const child_trainer::EpochMetrics& epoch, common::Json& metrics) const {
    return objective_.reward(reward_of(options_.text("reward"), epoch, trainer_->dataset().task),
                             metrics);
  }

  // After each epoch of this row. `costs`: of the network, among other metrics.
  common::Json rewards_by_epoch(const Trial& trial, common::Json costs) const {
    common::Json rewards = common::Json::array();
    for (const auto& epoch : child_trainer::read_metrics(run_.trial(trial.id) / "metrics.jsonl")) {
      if (epoch.epoch > trial.from_epoch) rewards.push_back(reward_after(epoch, costs));
    }
    return rewards;
  }

  RunFolder run_;
  common::Options options_;
  Objective objective_;
  Limits limits_;
  at::Device device_;
  std::unique_ptr<child_trainer::Trainer> trainer_;
  std::unique_ptr<SharedChild> shared_;  // in its place, with --evaluator shared
};

}  // namespace

int run_child(const RunFolder& run, const common::Options& options) {
  child_trainer::set_threads(options.integer("threads"));
  child_trainer::make_cuda_deterministic();
  listen_for_stop(/*terminal_too=*/false);
  try {
    Child child(run, options);
    std::string line;
    while (std::getline(std::cin, line)) {
      const ChildReply reply =
          child.serve(child_request_from_json(common::parse_json(line, "worker")));
      say(reply);
      if (reply.kind == "stopped" || reply.last) break;
    }
    return common::kExitDone;
  } catch (const std::exception& error) {  // the dataset, the device, the disk: every trial's
    common::log_error(error.what());
    say({.kind = "fatal", .text = first_line(error.what())});
    return common::kExitFailed;
  }
}

}  // namespace nas::engine
