#include "engine/child.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <thread>

#include "child_trainer/checkpoint.h"
#include "child_trainer/device.h"
#include "child_trainer/trainer.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "engine/child_protocol.h"
#include "engine/search_options.h"
#include "engine/signals.h"
#include "search_space/cost.h"

namespace nas::engine {

namespace {

void say(const ChildReply& reply) {
  const std::string line = to_json(reply).dump() + "\n";
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() || std::fflush(stdout) != 0) {
    _exit(common::kExitFailed);  // the worker is gone
  }
}

// NAS_TEST_FAULT="oom@2,nan@3,hang@5,kill@6": what tests let happen in a trial. Real faults, not
// pretended ones.
std::string injected_fault(int64_t trial) {
  const char* faults = std::getenv("NAS_TEST_FAULT");
  for (const auto& fault : common::split(faults != nullptr ? faults : "", ',')) {
    const auto parts = common::split(fault, '@');
    if (parts.size() == 2 && parts[1] == std::to_string(trial)) return parts[0];
  }
  return "";
}

void allocate_without_end() {
  std::vector<std::vector<char>> hoard;
  for (;;) {
    hoard.emplace_back(size_t{1} << 24, 'x');
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
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

class Child {
 public:
  Child(const RunFolder& run, const common::Options& options)
      : run_(run),
        options_(options),
        trainer_(data::read_dataset(run.proxy()),
                 child_trainer::find_device(options.text("device"))) {}

  ChildReply train(const ChildRequest& request) {
    child_trainer::TrainJob job{.architecture = request.architecture,
                                .network = network_options(options_),
                                .settings = child_trainer::TrainSettings::from(options_),
                                .seed = static_cast<uint64_t>(options_.integer("seed")),
                                .trial = static_cast<uint64_t>(request.trial),
                                .folder = run_.trial(request.trial),
                                .time_limit = options_.number("child-time-limit")};
    const std::string fault = injected_fault(request.trial);
    if (fault == "nan") job.settings.learning_rate = 1e30;
    if (fault == "oom") allocate_without_end();
    if (fault == "hang") std::this_thread::sleep_for(std::chrono::hours(24));
    if (fault == "kill") raise(SIGKILL);

    child_trainer::TrainHooks hooks;
    hooks.should_stop = [] { return stop_signal() != 0; };
    hooks.on_step = [](int64_t, int64_t) { say({.kind = "progress"}); };
    hooks.on_epoch = [](const child_trainer::EpochMetrics&) { say({.kind = "progress"}); };
    child_trainer::TrainResult result;
    try {
      result = trainer_.run(job, hooks);
    } catch (const common::ConfigError& error) {
      return {.kind = "done", .text = error.what(), .state = TrialState::kInfeasible};
    } catch (const common::InternalError& error) {  // e.g. an image too small for this cell
      return {.kind = "done", .text = error.what(), .state = TrialState::kInfeasible};
    }
    if (result.state == child_trainer::TrainState::kStopped) return {.kind = "stopped"};
    return reply_for(request, result);
  }

 private:
  ChildReply reply_for(const ChildRequest& request, const child_trainer::TrainResult& result) {
    ChildReply reply{.kind = "done",
                     .text = result.reason,
                     .state = state_of(result.state),
                     .seconds = result.seconds};
    const auto folder = run_.trial(request.trial);
    // The trial is trained no further, however it ended.
    child_trainer::remove_checkpoint(folder);
    if (reply.state != TrialState::kSucceeded) return reply;
    common::TensorFile weights;
    weights.tensors = child_trainer::store_tensors(trainer_.network()->state(false));
    common::write_safetensors(folder / "weights.safetensors", weights);
    const bool single = trainer_.dataset().task == data::Task::kSingleLabel;
    reply.reward = single ? result.last.valid_accuracy : result.last.valid_auc_prc;
    reply.metrics = child_trainer::to_json(result.last);
    const auto cost = search_space::cost_of(trainer_.network()->graph());
    reply.metrics["parameters"] = cost.parameters;
    reply.metrics["multiply_adds"] = cost.multiply_adds;
    reply.metrics["peak_bytes"] = result.peak_bytes;
    reply.files = {{"weights.safetensors", common::sha256_of_file(folder / "weights.safetensors")}};
    return reply;
  }

  RunFolder run_;
  common::Options options_;
  child_trainer::Trainer trainer_;
};

}  // namespace

int run_child(const RunFolder& run, const common::Options& options) {
  child_trainer::set_threads(options.integer("threads"));
  child_trainer::make_cuda_deterministic();
  listen_for_stop(/*interrupts_too=*/false);
  try {
    Child child(run, options);
    std::string line;
    while (std::getline(std::cin, line)) {
      const ChildReply reply =
          child.train(child_request_from_json(common::parse_json(line, "worker")));
      say(reply);
      if (reply.kind == "stopped") break;
    }
    return common::kExitDone;
  } catch (const common::Error& error) {
    say({.kind = "fatal", .text = error.what()});
    return error.exit_code();
  }
}

}  // namespace nas::engine
