#include "child_trainer/supernet/supernet.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "child_trainer/device.h"
#include "child_trainer/epoch_metrics.h"
#include "child_trainer/evaluate.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"
#include "common/text.h"

namespace nas::child_trainer {

namespace {

constexpr const char* kCheckpoint = "checkpoint.safetensors";
constexpr const char* kMetrics = "metrics.jsonl";
const std::string kMore = "more/";

struct Diverged {};

// After a pass the running statistics of such a graph are those of its batch alone.
search_space::NetworkGraph of_one_batch(search_space::NetworkGraph graph) {
  for (auto& node : graph.nodes) {
    if (node.kind == search_space::Primitive::kBatchNorm) node.attributes.momentum = 1.0;
  }
  return graph;
}

SupernetJob prepared(SupernetJob job, const data::Dataset& dataset) {
  job.network.classes = dataset.class_count();
  job.network.dropout = job.settings.dropout;
  job.network.auxiliary = false;
  return job;
}

bool is_statistic(const std::string& name) {
  return name.ends_with(".running_mean") || name.ends_with(".running_var");
}

}  // namespace

Supernet::Supernet(data::Dataset dataset, at::Device device, SupernetJob job)
    : dataset_(std::move(dataset)),
      device_(device),
      job_(prepared(std::move(job), dataset_)),
      normalisation_(measure_normalisation(dataset_, dataset_.train)),
      train_(dataset_, dataset_.train, normalisation_, device),
      valid_(dataset_, dataset_.valid, normalisation_, device),
      bank_(device, job_.seed) {}

Supernet::~Supernet() = default;

std::string Supernet::identity() const {
  common::Options settings(job_.settings.options());
  const auto& mixture = job_.network.mixture;
  const common::Json json = {{"settings", settings.to_toml()},
                             {"network", common::Options(job_.network.options()).to_toml()},
                             {"input_size", job_.network.input_size},
                             {"partial_channels", mixture ? mixture->partial_channels : 0},
                             {"seed", job_.seed}};
  return common::sha256_of_text(json.dump());
}

void Supernet::save() const {
  common::TensorFile file;
  file.tensors = store_tensors(bank_.state());
  for (const auto& [name, tensor] : more_state()) file.tensors[kMore + name] = store_tensor(tensor);
  file.metadata = {{"progress", to_json(progress_).dump()}, {"identity", identity()}};
  common::write_safetensors(job_.folder / kCheckpoint, file);
}

void Supernet::restore() {
  common::make_folder(job_.folder, "supernet");
  const auto path = job_.folder / kCheckpoint;
  if (std::filesystem::exists(path)) {
    const common::TensorFile file = common::read_safetensors(path);
    const auto metadata = [&](const std::string& name) {
      const auto found = file.metadata.find(name);
      return found == file.metadata.end() ? std::string() : found->second;
    };
    if (metadata("identity") != identity()) {
      throw common::ConfigError({.where = path.string(),
                                 .what = "it is the checkpoint of another supernet",
                                 .hint = "a new --run"});
    }
    progress_ =
        progress_from_json(common::parse_json(metadata("progress"), path.string()), path.string());
    bank_.load(file.tensors, path.string());
    std::map<std::string, common::StoredTensor> more;
    for (const auto& [name, tensor] : file.tensors) {
      if (common::starts_with(name, kMore)) more[name.substr(kMore.size())] = tensor;
    }
    copy_into(more_state(), more, path.string());
  }
  trim_metrics(job_.folder / kMetrics, progress_.epoch);
}

bool Supernet::train_epoch(const TrainHooks& hooks) {
  const auto& settings = job_.settings;
  const common::RandomKey key{.seed = job_.seed, .epoch = static_cast<uint64_t>(progress_.epoch)};
  EpochBatches batches(train_, settings.batch_size, settings.augment, key);
  Step step{.epoch = progress_.epoch, .count = batches.count()};
  StepSums sums(device_);
  sums.set(progress_.loss_sum, progress_.correct_sum);
  const auto settle = [&] {
    const at::Tensor read = sums.read();
    progress_.loss_sum = read[0].item<double>();
    progress_.correct_sum = read[1].item<double>();
    if (!std::isfinite(progress_.loss_sum)) throw Diverged();
  };
  double shown = common::monotonic_seconds();
  while (progress_.step < step.count) {
    if (hooks.should_stop()) {
      settle();
      return false;
    }
    step.number = progress_.step;
    step.learning_rate = learning_rate_at(settings, step.global(), step.count);
    step.drop_path = drop_path_at(settings, step.global(), step.count);
    step.key = key;
    step.key.epoch = static_cast<uint64_t>(step.global());
    const Batch batch = batches.get(step.number);
    sums.add(train(batch, step), batch.targets);
    ++progress_.step;
    if (progress_.step % 25 == 0) settle();
    if (const double now = common::monotonic_seconds(); now - shown > 0.5) {
      hooks.on_step(step.global() + 1, settings.epochs * step.count);
      shown = now;
    }
  }
  settle();
  return true;
}

TrainResult Supernet::train_until(int64_t epochs, const TrainHooks& hooks) {
  TrainResult result;
  const auto finish = [&](TrainState state, const std::string& reason) {
    result.state = state;
    result.reason = reason;
    result.peak_bytes =
        device_.is_cuda() ? peak_cuda_bytes(device_) : common::peak_resident_bytes();
    return result;
  };
  try {
    while (progress_.epoch < epochs) {
      const double start = common::monotonic_seconds();
      const bool whole = train_epoch(hooks);
      const double seconds = common::monotonic_seconds() - start;
      result.seconds += seconds;
      progress_.seconds += seconds;
      if (!whole) {
        save();
        return finish(TrainState::kStopped, "asked to stop");
      }
      const auto steps = static_cast<double>(progress_.step);
      const auto images =
          steps * static_cast<double>(std::min(job_.settings.batch_size, train_.count()));
      common::Json line = {
          {"epoch", progress_.epoch + 1},
          {"train_loss", progress_.loss_sum / steps},
          {"train_accuracy", progress_.correct_sum / images},
          {"learning_rate",
           learning_rate_at(job_.settings, (progress_.epoch + 1) * progress_.step, progress_.step)},
          {"parameters", bank_.parameters()},
          {"seconds", seconds}};
      line.update(epoch_details());
      common::append_line(job_.folder / kMetrics, line.dump());
      progress_ = {.epoch = progress_.epoch + 1, .seconds = progress_.seconds};
      save();
    }
    return finish(TrainState::kFinished, "");
  } catch (const Diverged&) {
    return finish(TrainState::kNotANumber, "the training loss is not a finite number");
  } catch (const std::exception& error) {
    if (!is_out_of_memory(error)) throw;
    return finish(TrainState::kOutOfMemory, "an allocation failed");
  }
}

void Supernet::calibrate(Network& network) const {
  const at::NoGradGuard no_grad;
  common::RandomStream random({.seed = job_.seed, .purpose = "calibration"});
  const std::vector<int64_t> order = random.permutation(train_.count());
  const int64_t batch_size = std::min(job_.settings.batch_size, train_.count());
  const int64_t batches =
      std::clamp<int64_t>(job_.calibration_images / batch_size, 1, train_.count() / batch_size);
  NamedTensors sums;
  for (int64_t b = 0; b < batches; ++b) {
    const at::Tensor indices = at::empty({batch_size}, at::kLong);
    std::copy_n(order.begin() + b * batch_size, batch_size, indices.data_ptr<int64_t>());
    const Batch batch = train_.gather(indices);
    network.forward(batch.images.contiguous(at::MemoryFormat::ChannelsLast),
                    {.training = true, .key = {.seed = job_.seed, .index = 0}});
    for (const auto& [name, statistic] : network.buffers()) {
      if (!is_statistic(name)) continue;
      if (b == 0) sums[name] = at::zeros_like(statistic);
      sums[name] += statistic;
    }
  }
  for (const auto& [name, sum] : sums)
    network.buffers().at(name).copy_(sum / static_cast<double>(batches));
}

std::unique_ptr<Subnetwork> Supernet::subnetwork(const search_space::Architecture& architecture) {
  auto made =
      std::make_unique<Subnetwork>(bank_, of_one_batch(graph_of(architecture)), job_.settings);
  calibrate(made->network());
  return made;
}

Metrics Supernet::evaluate(Subnetwork& subnetwork, int64_t images, const common::RandomKey& key) {
  if (images == 0 || images >= valid_.count())
    return measure(dataset_, dataset_.valid, scores_of(subnetwork.network(), valid_));
  std::vector<int64_t> order = common::RandomStream(key).permutation(valid_.count());
  order.resize(static_cast<size_t>(images));
  const data::Split drawn = data::take(dataset_, dataset_.valid, order);
  const DeviceSplit on_device(dataset_, drawn, normalisation_, device_);
  return measure(dataset_, drawn, scores_of(subnetwork.network(), on_device));
}

}  // namespace nas::child_trainer
