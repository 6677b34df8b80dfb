#include "engine/shared_child.h"

#include <fmt/format.h>

#include "child_trainer/checkpoint.h"
#include "child_trainer/device.h"
#include "child_trainer/supernet/mixture_supernet.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"
#include "engine/reward.h"
#include "engine/run_supernet.h"

namespace nas::engine {

namespace {

using child_trainer::MixtureSupernet;
using child_trainer::TrainState;

// A damaged checkpoint costs the epochs that were trained; the same ones are trained again.
std::unique_ptr<child_trainer::Supernet> supernet_to_train(const RunFolder& run,
                                                           const common::Options& options,
                                                           at::Device device) {
  try {
    return open_supernet(run, options, device);
  } catch (const common::DataError& error) {
    if (!std::filesystem::exists(run.supernet() / "checkpoint.safetensors")) throw;
    common::log_warning(std::string(error.what()) + "; trained from the beginning");
    child_trainer::remove_checkpoint(run.supernet());
  }
  return open_supernet(run, options, device);
}

}  // namespace

SharedChild::SharedChild(const RunFolder& run, const common::Options& options, at::Device device)
    : run_(run),
      options_(options),
      schedule_(options),
      objective_(options),
      costs_(run),
      supernet_(supernet_to_train(run, options, device)) {}

SharedChild::~SharedChild() = default;

child_trainer::TrainResult SharedChild::train_for(const Trial& trial,
                                                  const child_trainer::TrainHooks& hooks) {
  const int64_t wanted = trial.to_epoch;
  if (supernet_->epochs_done() > wanted) {
    common::log_warning(
        fmt::format("the supernet has been trained for {} epochs, this trial is "
                    "one of those after {}",
                    supernet_->epochs_done(), wanted));
  }
  const auto result = train_until(wanted, hooks);
  if (result.state == TrainState::kNotANumber || result.state == TrainState::kOutOfMemory) {
    throw common::SystemError({.where = kSupernet,
                               .what = result.reason,
                               .hint = result.state == TrainState::kNotANumber
                                           ? "a new --run with a smaller --lr"
                                           : kSmallerSupernet});
  }
  return result;
}

// What breaks the training is no fault of the trial that asked for it.
child_trainer::TrainResult SharedChild::train_until(int64_t epochs,
                                                    const child_trainer::TrainHooks& hooks) {
  try {
    return supernet_->train_until(epochs, hooks);
  } catch (const common::SystemError&) {
    throw;
  } catch (const std::exception& error) {
    throw common::SystemError({.where = kSupernet, .what = error.what()});
  }
}

ChildReply SharedChild::measured(const Trial& trial, const common::Json& latency) {
  const auto subnetwork = supernet_->subnetwork(trial.architecture);
  const bool whole = schedule_.is_whole(trial.id);
  const auto metrics =
      supernet_->evaluate(*subnetwork, whole ? 0 : options_.integer("supernet.reward-images"),
                          {.seed = static_cast<uint64_t>(options_.integer("seed")),
                           .trial = static_cast<uint64_t>(trial.id),
                           .purpose = "reward images"});
  ChildReply reply{.kind = "done", .state = TrialState::kSucceeded};
  reply.metrics = {{"valid_loss", metrics.log_loss},
                   {"valid_accuracy", metrics.accuracy},
                   {"valid_auc_prc", metrics.auc_prc},
                   {"peak_bytes", common::peak_resident_bytes()}};
  reply.metrics.update(costs_.of(trial.architecture, options_));
  reply.metrics.update(latency);
  if (const auto* mixture = dynamic_cast<const MixtureSupernet*>(supernet_.get()))
    reply.metrics["mixture"] = mixture->weights().values();
  const child_trainer::EpochMetrics last{.valid_loss = metrics.log_loss,
                                         .valid_accuracy = metrics.accuracy,
                                         .valid_auc_prc = metrics.auc_prc};
  reply.reward = objective_.reward(
      reward_of(options_.text("reward"), last, supernet_->dataset().task), reply.metrics);
  if (!whole) return reply;
  const auto file = run_.trial(trial.id) / "weights.safetensors";
  write_weights(*subnetwork, file);
  reply.files = {{"weights.safetensors", common::sha256_of_file(file)}};
  return reply;
}

ChildReply SharedChild::evaluate(const Trial& trial, const common::Json& latency,
                                 const child_trainer::TrainHooks& hooks,
                                 const std::function<void()>& on_trained) {
  hooks.on_start();
  const double start = common::monotonic_seconds();
  const auto trained = train_for(trial, hooks);
  if (trained.state == TrainState::kStopped) return {.kind = "stopped"};
  on_trained();
  const double evaluated = common::monotonic_seconds();
  ChildReply reply;
  try {
    reply = measured(trial, latency);
  } catch (const std::exception& error) {
    if (!child_trainer::is_out_of_memory(error)) throw;
    reply = {.kind = "done", .text = "an allocation failed", .state = TrialState::kOutOfMemory};
  }
  const double end = common::monotonic_seconds();
  reply.seconds = end - start;
  reply.metrics["times"] = {{"training", evaluated - start}, {"evaluation", end - evaluated}};
  return reply;
}

}  // namespace nas::engine
