// Trainings on a GPU beside those on the CPU.
#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include "tests/child_trainer/gpu.h"
#include "tests/child_trainer/trainings.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::WithinRel;
using tests::TempDir;

// A NASNet's five epochs of one step each, so that their training losses are those of the steps.
TrainJob five_steps(const std::filesystem::path& folder) {
  TrainJob job = busy_job(folder);
  job.settings.epochs = 5;
  job.settings.batch_size = training_set().train.count();
  job.settings.learning_rate = 0.02;  // at 0.1 flipped ReLUs alone change the last losses by 1e-3
  return job;
}

// Of each epoch that is left to train.
std::vector<double> losses_of(Trainer& trainer, const TrainJob& job) {
  std::vector<double> losses;
  TrainHooks hooks;
  hooks.on_epoch = [&](const EpochMetrics& metrics) { losses.push_back(metrics.train_loss); };
  REQUIRE(trainer.run(job, hooks).state == TrainState::kFinished);
  return losses;
}

TrainHooks stop_after(int steps) {
  TrainHooks hooks;
  hooks.should_stop = [left = steps]() mutable { return left-- <= 0; };
  return hooks;
}

TEST_CASE("gpu: five steps of a NASNet have the losses of the CPU", "[child_trainer][gpu]") {
  const TempDir root;
  Trainer there(training_set(), first_gpu());
  Trainer here = new_trainer();
  const auto losses = losses_of(there, five_steps(root.path() / "gpu"));
  const auto expected = losses_of(here, five_steps(root.path() / "cpu"));
  REQUIRE(losses.size() == 5);
  for (size_t i = 0; i < losses.size(); ++i) CHECK_THAT(losses[i], WithinRel(expected.at(i), 1e-3));
}

TEST_CASE("gpu: the same seed gives the same bits", "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  const TempDir root;
  const auto trained = [&](const std::string& name, uint64_t seed) {
    Trainer trainer(training_set(), device);
    TrainJob job = busy_job(root.path() / name);
    job.seed = seed;
    losses_of(trainer, job);
    return outcome_of(trainer, job.folder);
  };
  const Outcome expected = trained("one", 3);
  CHECK((trained("two", 3) == expected));
  CHECK_FALSE((trained("three", 4) == expected));
}

TEST_CASE("gpu: what is computed anew changes no loss", "[child_trainer][gpu]") {
  Trainer trainer(training_set(), first_gpu());
  const TempDir root;
  for (const char* precision : {"fp32", "bf16"}) {
    CAPTURE(precision);
    TrainJob job = five_steps(root.path() / precision / "kept");
    job.settings.precision = precision;
    const auto expected = losses_of(trainer, job);
    job.folder = root.path() / precision / "recomputed";
    job.settings.recompute = true;
    const auto losses = losses_of(trainer, job);
    REQUIRE(losses.size() == 5);
    for (size_t i = 0; i < losses.size(); ++i)
      CHECK_THAT(losses[i], WithinRel(expected.at(i), 1e-4));
  }
}

TEST_CASE("gpu: a training in bfloat16 learns", "[child_trainer][gpu]") {
  Trainer trainer(training_set(40), first_gpu());
  const TempDir root;
  TrainJob job = small_job(root.path() / "fp32");
  job.settings.epochs = 5;
  const auto full = losses_of(trainer, job);
  job.settings.precision = "bf16";
  job.folder = root.path() / "bf16";
  const auto losses = losses_of(trainer, job);
  CHECK(losses != full);  // it was autocast
  CHECK(losses.back() < 0.9 * losses.front());
  CHECK(trainer.evaluate(trainer.dataset().valid).accuracy > 0.6);  // chance is 0.25
}

TEST_CASE("gpu: a checkpoint from the GPU is continued on the CPU", "[child_trainer][gpu]") {
  Trainer there(training_set(), first_gpu());
  const TempDir root;
  const TrainJob job = five_steps(root.path() / "moved");
  REQUIRE(there.run(job, stop_after(2)).state == TrainState::kStopped);

  Trainer here = new_trainer();
  REQUIRE(here.run(job, stop_after(0)).state == TrainState::kStopped);
  const NamedTensors read = here.network()->state(true);
  for (const auto& [name, tensor] : there.network()->state(true)) {
    CAPTURE(name);
    CHECK(at::equal(tensor.cpu(), read.at(name)));
  }
  const auto rest = losses_of(here, job);
  const auto expected = losses_of(here, five_steps(root.path() / "cpu"));
  REQUIRE(rest.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK_THAT(rest[i], WithinRel(expected.at(i + 2), 1e-3));
}

}  // namespace
}  // namespace nas::child_trainer
