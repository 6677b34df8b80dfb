// Images, masks, updates and memory on a GPU.
#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>

#include "child_trainer/augmentation.h"
#include "child_trainer/step_masks.h"
#include "tests/child_trainer/gpu.h"
#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/tensors.h"
#include "tests/child_trainer/trainings.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using tests::TempDir;

TEST_CASE("gpu data: batches of a set that lies there have the bits of the CPU's",
          "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  const data::Dataset dataset = training_set();
  const auto normalisation = measure_normalisation(dataset, dataset.train);
  const DeviceSplit there(dataset, dataset.train, normalisation, device);
  const DeviceSplit here(dataset, dataset.train, normalisation, kCpu);
  CHECK(there.device() == device);
  auto augmentations = common::Registry<Augmentation>::names();
  for (const auto& names : {std::vector<std::string>(), augmentations}) {
    const common::RandomKey key{.seed = 1, .trial = 2, .epoch = 1};
    EpochBatches batches(there, 7, names, key);
    EpochBatches expected(here, 7, names, key);
    for (int64_t i = 0; i < batches.count(); ++i) {
      CAPTURE(names, i);
      const Batch batch = batches.get(i);  // the first is made at once, the others ahead
      const Batch other = expected.get(i);
      CHECK(batch.images.device() == device);
      CHECK(batch.images.is_contiguous(at::MemoryFormat::ChannelsLast));
      CHECK(at::equal(batch.images.cpu(), other.images));
      CHECK(at::equal(batch.targets.cpu(), other.targets));
    }
  }
}

TEST_CASE("gpu data: masks are the CPU's", "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  const auto graph = every_primitive();
  StepMasks there(graph, 5, device);
  StepMasks here(graph, 5, kCpu);
  for (uint64_t epoch = 0; epoch < 4; ++epoch) {
    const Pass pass{.drop_path = 0.5, .key = {.seed = 1, .epoch = epoch}};
    there.draw(pass);
    here.draw(pass);
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      if (here.by_node()[i].defined())
        CHECK(at::equal(there.by_node()[i].cpu(), here.by_node()[i]));
    }
  }
}

TEST_CASE("gpu data: updates follow the learning rate of each step", "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  for (const double momentum : {0.9, 0.0}) {
    const TrainSettings settings{.momentum = momentum, .weight_decay = 0.01, .clip = 0.5};
    Network there(small_graph(), device, {.seed = 2});
    Network here(small_graph(), kCpu, {.seed = 2});
    Optimizer optimizer(there, settings);
    Optimizer expected(here, settings);
    for (int step = 0; step < 5; ++step) {
      for (const auto& [name, parameter] : here.parameters()) {
        parameter.mutable_grad().fill_(0.1 * (step + 1));
        there.parameters().at(name).mutable_grad().copy_(parameter.grad());
      }
      optimizer.step(0.1 / (step + 1));
      expected.step(0.1 / (step + 1));
    }
    for (const auto& [name, parameter] : here.parameters()) {
      CAPTURE(name, momentum);
      CHECK(at::allclose(there.parameters().at(name).cpu(), parameter, 1e-5, 1e-7));
    }
  }
}

TEST_CASE("gpu data: a child that wants more than its memory is out of memory",
          "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  Trainer trainer(training_set(), device);
  const TempDir root;
  release_cuda_memory();
  limit_cuda_memory(device, 300e6);
  TrainJob large = busy_job(root.path() / "large");
  large.network.cells = 2;
  large.network.filters = 128;
  large.settings.batch_size = training_set().train.count();
  CHECK(trainer.run(large, {}).state == TrainState::kOutOfMemory);
  // The process goes on, and fits.
  CHECK(trainer.run(small_job(root.path() / "small"), {}).state == TrainState::kFinished);
  limit_cuda_memory(device, cuda_bytes(device));
  CHECK(trainer.run(large, {}).state == TrainState::kFinished);
  CHECK(peak_cuda_bytes(device) > 300e6);
}

TEST_CASE("gpu data: convolutions that cuDNN has timed train as well", "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  make_cuda_deterministic(/*cudnn_benchmark=*/true);
  Trainer trainer(training_set(40), device);
  const TempDir root;
  TrainJob job = small_job(root.path());
  job.settings.epochs = 5;
  const TrainResult result = trainer.run(job, {});
  make_cuda_deterministic();
  REQUIRE(result.state == TrainState::kFinished);
  CHECK(result.last.valid_accuracy > 0.6);  // chance is 0.25
}

}  // namespace
}  // namespace nas::child_trainer
