#include "child_trainer/step_timer.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/child_trainer/trainings.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

// An epoch of one step, which begins at the first learning rate and without drop-path.
TrainJob one_step_job(const std::filesystem::path& folder) {
  TrainJob job = busy_job(folder);
  job.trial = 0;
  job.settings.epochs = 1;
  job.settings.batch_size = 48;
  job.settings.drop_path = 0;
  return job;
}

search_space::NetworkGraph graph_of(const TrainJob& job, const data::Dataset& dataset) {
  auto options = job.settings.in_training(job.network);
  options.classes = dataset.class_count();
  return search_space::build_network(job.architecture, options);
}

TEST_CASE("step timer: its step is the trainer's, bit for bit", "[child_trainer]") {
  const tests::TempDir dir;
  const TrainJob job = one_step_job(dir.path());
  Trainer trainer = new_trainer();
  const TrainResult result = trainer.run(job, {});

  const auto dataset = training_set();
  const DeviceSplit images(dataset, dataset.train, measure_normalisation(dataset, dataset.train),
                           at::kCPU);
  StepTimer timer(graph_of(job, dataset), job.settings, images, at::kCPU, job.seed);
  const auto before = timer.network().state(true).at("classifier.weight").clone();
  const StepSeconds seconds = timer.step(true);
  CHECK(timer.loss().item<double>() == result.last.train_loss);
  for (const auto& [name, tensor] : trainer.network()->state(true)) {
    CAPTURE(name);
    CHECK(at::equal(tensor, timer.network().state(true).at(name)));
  }
  CHECK_FALSE(at::equal(before, timer.network().state(true).at("classifier.weight")));
  for (const double part : {seconds.data, seconds.forward, seconds.backward, seconds.optimizer})
    CHECK(part > 0);
}

TEST_CASE("step timer: its epochs are those that it trains on", "[child_trainer]") {
  const tests::TempDir dir;
  TrainJob job = small_job(dir.path());
  job.settings.learning_rate = 0;  // the loss then depends on the batch alone
  const auto dataset = training_set();
  const DeviceSplit images(dataset, dataset.train, measure_normalisation(dataset, dataset.train),
                           at::kCPU);
  StepTimer timer(graph_of(job, dataset), job.settings, images, at::kCPU, job.seed);
  const int64_t count = timer.epoch(0)->count();
  REQUIRE(count == 3);
  CHECK_FALSE(at::equal(timer.epoch(0)->get(0).images, timer.epoch(1)->get(0).images));
  for (int64_t step = 0; step < count + 1; ++step) {
    timer.step(true);
    const Batch batch = timer.epoch(step / count)->get(step % count);
    const at::Tensor logits = timer.network().forward(batch.images, {.training = true}).logits;
    const at::Tensor loss = at::cross_entropy_loss(logits, batch.targets);
    CHECK(loss.item<double>() == timer.loss().item<double>());
  }
}

}  // namespace
}  // namespace nas::child_trainer
