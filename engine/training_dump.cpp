#include "engine/training_dump.h"

#include <ATen/ATen.h>

#include "child_trainer/batches.h"
#include "child_trainer/optimizer.h"
#include "common/error.h"
#include "common/file.h"

namespace nas::engine {

void dump_training(const data::Dataset& dataset, const child_trainer::TrainJob& job,
                   int64_t steps) {
  using namespace child_trainer;  // NOLINT: this file is about nothing else
  if (dataset.task != data::Task::kSingleLabel) {
    throw common::DataError({.where = "dataset " + dataset.name,
                             .what = "a dump has one class an image",
                             .got = data::task_text(dataset.task),
                             .expected = data::task_text(data::Task::kSingleLabel)});
  }
  auto options = job.network;
  options.classes = dataset.class_count();
  const common::RandomKey key{.seed = job.seed, .trial = job.trial};
  Network network(search_space::build_network(job.architecture, options), at::kCPU, key);
  network.to_double();
  common::write_safetensors(job.folder / "initial.safetensors",
                            {.tensors = store_tensors(network.state(true)), .metadata = {}});

  auto settings = job.settings;
  settings.epochs = 1;
  const DeviceSplit split(dataset, dataset.train, measure_normalisation(dataset, dataset.train),
                          at::kCPU);
  EpochBatches batches(split, settings.batch_size, {}, key);
  Optimizer optimizer(network, settings);
  common::TensorFile written;
  common::Json losses = common::Json::array();
  for (int64_t step = 0; step < steps; ++step) {
    Batch batch = batches.get(step % batches.count());
    batch.images = batch.images.to(at::kDouble);
    written.tensors["images_" + std::to_string(step)] = store_tensor(batch.images);
    written.tensors["targets_" + std::to_string(step)] = store_tensor(batch.targets);
    const at::Tensor loss = at::cross_entropy_loss(
        network.forward(batch.images, {.training = true}).logits, batch.targets);
    loss.backward();
    losses.push_back(loss.item<double>());
    optimizer.step(learning_rate_at(settings, step, steps));
  }
  common::write_safetensors(job.folder / "final.safetensors",
                            {.tensors = store_tensors(network.state(true)), .metadata = {}});
  common::write_safetensors(job.folder / "batches.safetensors", written);
  common::write_file_atomically(job.folder / "losses.json", losses.dump() + "\n");
}

}  // namespace nas::engine
