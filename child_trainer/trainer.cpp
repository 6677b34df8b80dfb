#include "child_trainer/trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "child_trainer/batches.h"
#include "child_trainer/checkpoint.h"
#include "child_trainer/device.h"
#include "child_trainer/distributed/replicas.h"
#include "child_trainer/distributed/single_communicator.h"
#include "child_trainer/evaluate.h"
#include "child_trainer/step_runner.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"

namespace nas::child_trainer {

namespace {

// What must not change between the attempts at one training.
std::string identity_of(const TrainJob& job) {
  common::Options settings(job.settings.options());
  const common::Json json = {{"architecture", search_space::to_json(job.architecture)},
                             {"settings", settings.to_toml()},
                             {"input_size", job.network.input_size},
                             {"cells", job.network.cells},
                             {"filters", job.network.filters},
                             {"stem", job.network.stem},
                             {"stem_multiplier", job.network.stem_multiplier},
                             {"skip_reduction_input", job.network.skip_reduction_input},
                             {"accumulate", job.parallel.accumulate},
                             {"synchronise_batch_norm", job.parallel.synchronise_batch_norm},
                             {"seed", job.seed},
                             {"trial", job.trial}};
  return common::sha256_of_text(json.dump());
}

void start_from(Network& network, const std::filesystem::path& file) {
  const at::NoGradGuard no_grad;
  const auto stored = common::read_safetensors(file);
  const auto state = network.state(true);
  size_t taken = 0;
  for (const auto& [name, tensor] : state) {
    const auto found = stored.tensors.find(name);
    if (found != stored.tensors.end() && tensor.sizes() == at::IntArrayRef(found->second.shape)) {
      tensor.copy_(load_tensor(found->second));
      ++taken;
    }
  }
  common::log_info(std::to_string(taken) + " of " + std::to_string(state.size()) +
                   " tensors start as in " + file.string());
}

struct Diverged {};

// Adds the time until it goes out of scope.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds), start_(common::monotonic_seconds()) {}
  ~Stopwatch() { seconds_ += common::monotonic_seconds() - start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& seconds_;
  double start_;
};

}  // namespace

struct Trainer::State {
  data::Dataset dataset;
  at::Device device;
  Normalisation normalisation;
  DeviceSplit train;
  DeviceSplit valid;
  std::shared_ptr<Communicator> communicator;
  std::unique_ptr<Network> network;
  int64_t scored_at_once = kEvaluationBatch;

  State(data::Dataset source, at::Device where, std::shared_ptr<Communicator> with)
      : dataset(std::move(source)),
        device(where),
        normalisation(measure_normalisation(dataset, dataset.train)),
        train(dataset, dataset.train, normalisation, device),
        valid(dataset, dataset.valid, normalisation, device),
        communicator(std::move(with)) {}

  // Trains from `progress` to the end of its epoch; false when asked to stop, with `progress` at
  // the step reached.
  bool train_epoch(const TrainJob& job, const TrainHooks& hooks, StepRunner& runner,
                   Progress& progress);
  EpochMetrics measure_epoch(const TrainJob& job, const Progress& progress, double seconds);
};

bool Trainer::State::train_epoch(const TrainJob& job, const TrainHooks& hooks, StepRunner& runner,
                                 Progress& progress) {
  const common::RandomKey key{
      .seed = job.seed, .trial = job.trial, .epoch = static_cast<uint64_t>(progress.epoch)};
  EpochBatches batches(train, job.settings.batch_size, job.settings.augment, key,
                       {.rank = communicator->rank(),
                        .ranks = communicator->ranks(),
                        .passes = job.parallel.accumulate});
  const int64_t steps = batches.count();
  // This rank's part of both sums; what was reached before is rank 0's.
  const double before = communicator->rank() == 0 ? 1.0 : 0.0;
  runner.sums().set(before * progress.loss_sum, before * progress.correct_sum);
  const auto settle = [&] {
    const at::Tensor sums = runner.sums().read();
    communicator->all_reduce(sums).get();
    progress.loss_sum = sums[0].item<double>();
    progress.correct_sum = sums[1].item<double>();
    if (!std::isfinite(progress.loss_sum)) throw Diverged();
  };
  // Of one rank too: LibTorch's own statistics are sums in float32, which differ from these by more
  // than the ranks do.
  Communicator* synchronised = job.parallel.synchronise_batch_norm ? communicator.get() : nullptr;
  double shown = common::monotonic_seconds();
  while (progress.step < steps) {
    if (communicator->any(hooks.should_stop())) {
      settle();
      return false;
    }
    const int64_t global_step = progress.epoch * steps + progress.step;
    Pass pass{.drop_path = drop_path_at(job.settings, global_step, steps),
              .key = key,
              .synchronise = synchronised};
    pass.key.epoch = static_cast<uint64_t>(global_step);
    runner.step(batches, progress.step, learning_rate_at(job.settings, global_step, steps), pass);
    ++progress.step;
    if (progress.step % 25 == 0) settle();
    if (const double now = common::monotonic_seconds(); now - shown > 0.5) {
      hooks.on_step(global_step + 1, job.settings.epochs * steps);
      shown = now;
    }
  }
  settle();
  return true;
}

EpochMetrics Trainer::State::measure_epoch(const TrainJob& job, const Progress& progress,
                                           double seconds) {
  const auto steps = static_cast<double>(progress.step);
  const double images =
      steps * static_cast<double>(std::min(job.settings.batch_size, train.count()));
  const std::vector<float> scores = scores_of(*network, valid, *communicator, scored_at_once);
  const auto finite = [](float score) { return std::isfinite(score); };
  if (!std::all_of(scores.begin(), scores.end(), finite)) throw Diverged();
  const Metrics metrics = measure(dataset, dataset.valid, scores);
  return {.epoch = progress.epoch + 1,
          .train_loss = progress.loss_sum / steps,
          .train_accuracy = progress.correct_sum / images,
          .valid_loss = metrics.log_loss,
          .valid_accuracy = metrics.accuracy,
          .valid_auc_prc = metrics.auc_prc,
          .learning_rate =
              learning_rate_at(job.settings, (progress.epoch + 1) * progress.step, progress.step),
          .seconds = seconds,
          .images_per_second = images / std::max(1e-9, seconds)};
}

Trainer::Trainer(data::Dataset dataset, at::Device device,
                 std::shared_ptr<Communicator> communicator) {
  if (dataset.train.count() == 0 || dataset.valid.count() == 0) {
    throw common::DataError({.where = "trainer",
                             .what = "a dataset without training or validation images",
                             .got = dataset.name});
  }
  if (!communicator) communicator = std::make_shared<SingleCommunicator>();
  state_ = std::make_unique<State>(std::move(dataset), device, std::move(communicator));
}

Trainer::~Trainer() = default;

Network* Trainer::network() { return state_->network.get(); }
const data::Dataset& Trainer::dataset() const { return state_->dataset; }

Metrics Trainer::evaluate(const data::Split& split) {
  const DeviceSplit on_device(state_->dataset, split, state_->normalisation, state_->device);
  return measure(state_->dataset, split,
                 scores_of(*state_->network, on_device, state_->scored_at_once));
}

TrainResult Trainer::run(const TrainJob& job, const TrainHooks& hooks) {
  Communicator& communicator = *state_->communicator;
  const bool first = communicator.rank() == 0;  // it reads and writes the files
  TrainResult result;
  Progress progress;
  const auto finish = [&](TrainState state, const std::string& reason) {
    result.state = state;
    result.reason = reason;
    result.seconds = progress.seconds;
    result.peak_bytes =
        state_->device.is_cuda() ? peak_cuda_bytes(state_->device) : common::peak_resident_bytes();
    return result;
  };
  try {
    const int64_t batch = std::min(job.settings.batch_size, state_->train.count());
    job.parallel.check_parts(batch, communicator.ranks());
    state_->scored_at_once =
        evaluation_batch(job.parallel.images_a_pass(batch, communicator.ranks()));
    search_space::NetworkOptions options = job.settings.in_training(job.network);
    options.classes = state_->dataset.class_count();
    state_->network.reset();
    state_->network = std::make_unique<Network>(
        search_space::build_network(job.architecture, options), state_->device,
        common::RandomKey{.seed = job.seed, .trial = job.trial});
    state_->network->use_kernels(job.settings.kernels == "auto");
    state_->network->recompute(job.settings.recompute);
    if (first && !job.init_from.empty()) start_from(*state_->network, job.init_from);
    StepRunner runner(*state_->network, job.settings, job.parallel, communicator);
    Optimizer& optimizer = runner.optimizer();
    const std::string identity = identity_of(job);
    if (first) {
      auto stored = load_checkpoint(job.folder, *state_->network, optimizer, identity);
      if (!stored && !job.continue_from.empty())
        stored = load_checkpoint(job.continue_from, *state_->network, optimizer, identity);
      if (stored) progress = *stored;
      trim_metrics(job.folder / "metrics.jsonl", progress.epoch);
    }
    share_state(communicator, *state_->network, optimizer, progress);
    const auto save = [&] {
      const Stopwatch watch(result.checkpoint_seconds);
      if (first) save_checkpoint(job.folder, *state_->network, optimizer, progress, identity);
    };
    if (progress.last.is_object()) result.last = epoch_metrics_from_json(progress.last);
    bool time_is_up = false;
    TrainHooks limited = hooks;
    const int64_t last =
        job.stop_after > 0 ? std::min(job.stop_after, job.settings.epochs) : job.settings.epochs;
    if (progress.epoch < last) hooks.on_start();
    while (progress.epoch < last) {
      const double start = common::monotonic_seconds();
      const double before = progress.seconds;
      limited.should_stop = [&] {
        time_is_up =
            job.time_limit > 0 && before + common::monotonic_seconds() - start > job.time_limit;
        return time_is_up || hooks.should_stop();
      };
      const bool whole = state_->train_epoch(job, limited, runner, progress);
      const double seconds = common::monotonic_seconds() - start;
      progress.seconds += seconds;
      if (!job.parallel.synchronise_batch_norm) average_buffers(communicator, *state_->network);
      if (!whole) {
        save();
        return time_is_up ? finish(TrainState::kTimeLimit, "the time limit was reached")
                          : finish(TrainState::kStopped, "asked to stop");
      }
      {
        const Stopwatch watch(result.evaluation_seconds);
        result.last = state_->measure_epoch(job, progress, seconds);
      }
      if (first) common::append_line(job.folder / "metrics.jsonl", to_json(result.last).dump());
      progress = {
          .epoch = progress.epoch + 1, .seconds = progress.seconds, .last = to_json(result.last)};
      if (progress.epoch % job.checkpoint_epochs == 0 || progress.epoch == last) save();
      hooks.on_epoch(result.last);
    }
    return finish(TrainState::kFinished, "");
  } catch (const Diverged&) {
    return finish(TrainState::kNotANumber, "the training loss is not a finite number");
  } catch (const std::exception& error) {
    const bool refused = is_out_of_memory(error);
    communicator.abort(refused ? "an allocation failed" : error.what());
    if (!refused) throw;
    state_->network.reset();
    release_cuda_memory();
    return finish(TrainState::kOutOfMemory, "an allocation failed");
  }
}

}  // namespace nas::child_trainer
