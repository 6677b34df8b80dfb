#include "engine/shared_child.h"

#include <fmt/format.h>

#include <new>

#include "child_trainer/device.h"
#include "child_trainer/supernet/mixture_supernet.h"
#include "child_trainer/supernet/path_supernet.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"
#include "data/dataset_file.h"
#include "engine/reward.h"
#include "engine/supernet_paths.h"

namespace nas::engine {

namespace {

using child_trainer::MixtureSupernet;
using child_trainer::PathSupernet;
using child_trainer::TrainState;

search_space::Architecture random_path(const search_space::Space& space,
                                       const common::RandomKey& key) {
  common::RandomStream random(key);
  return space.architecture(space.sample(random));
}

// Random paths; with enas those of the coordinator, as long as they can be built.
child_trainer::PathSource path_source(const RunFolder& run, const common::Options& options) {
  struct Sampled {
    int64_t epoch = -1;
    std::vector<search_space::Choices> paths;
  };
  const auto seed = static_cast<uint64_t>(options.integer("seed"));
  const bool sampled = SupernetSchedule(options).method() == "enas";
  return [=, space = std::shared_ptr(search_space::find_space(options.text("space"))),
          known = std::make_shared<Sampled>()](int64_t epoch, int64_t step, int64_t attempt) {
    if (sampled && attempt == 0) {
      if (known->epoch != epoch) *known = {epoch, read_paths(run, epoch)};
      const auto& paths = known->paths;
      return space->architecture(paths[static_cast<size_t>(step) % paths.size()]);
    }
    return random_path(*space, {.seed = seed,
                                .trial = static_cast<uint64_t>(attempt),
                                .epoch = static_cast<uint64_t>(epoch),
                                .purpose = "path",
                                .index = static_cast<uint64_t>(step)});
  };
}

child_trainer::MixtureSettings mixture_settings(const common::Options& options) {
  return {.learning_rate = options.number("darts.learning-rate"),
          .weight_decay = options.number("darts.weight-decay"),
          .warmup_epochs = options.integer("darts.warmup-epochs"),
          .second_order = options.flag("darts.second-order"),
          .partial_channels = options.integer("darts.partial-channels")};
}

}  // namespace

std::unique_ptr<child_trainer::Supernet> open_supernet(const RunFolder& run,
                                                       const common::Options& options,
                                                       at::Device device) {
  child_trainer::SupernetJob job{
      .network = search_space::NetworkOptions::from(options),
      .settings = child_trainer::TrainSettings::from(options),
      .seed = static_cast<uint64_t>(options.integer("seed")),
      .folder = run.supernet(),
      .calibration_images = options.integer("supernet.calibration-images")};
  auto dataset = data::map_dataset(run.proxy());
  std::unique_ptr<child_trainer::Supernet> supernet;
  if (SupernetSchedule(options).method() == "darts") {
    const auto space = search_space::find_space(options.text("space"));
    supernet =
        std::make_unique<MixtureSupernet>(std::move(dataset), device, std::move(job),
                                          space->mixture().value(), mixture_settings(options));
  } else {
    supernet = std::make_unique<PathSupernet>(std::move(dataset), device, std::move(job),
                                              path_source(run, options));
  }
  supernet->restore();
  return supernet;
}

SharedChild::SharedChild(const RunFolder& run, const common::Options& options, at::Device device)
    : run_(run),
      options_(options),
      schedule_(options),
      objective_(options),
      costs_(run),
      supernet_(open_supernet(run, options, device)) {}

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
  // What a network of this cell may start from.
  const auto file = run_.trial(trial.id) / "weights.safetensors";
  common::TensorFile weights;
  weights.tensors = child_trainer::store_tensors(subnetwork->network().state(false));
  common::write_safetensors(file, weights);
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
