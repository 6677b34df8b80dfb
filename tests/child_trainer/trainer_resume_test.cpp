// A training that is stopped, killed and continued ends with the same bits as one that never was.
#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <stdexcept>

#include "common/error.h"
#include "tests/child_trainer/trainings.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using tests::TempDir;

Outcome uninterrupted(TrainJob job) {
  const TempDir folder;
  job.folder = folder.path();
  Trainer trainer = new_trainer();
  REQUIRE(trainer.run(job, {}).state == TrainState::kFinished);
  return outcome_of(trainer, job.folder);
}

// Stops before the step `stop_at` of this attempt.
TrainResult run_until(const TrainJob& job, int stop_at) {
  Trainer trainer = new_trainer();
  TrainHooks hooks;
  hooks.should_stop = [left = stop_at]() mutable { return left-- <= 0; };
  return trainer.run(job, hooks);
}

TEST_CASE("trainer: stopped within an epoch and continued elsewhere, it ends with the same bits",
          "[child_trainer]") {
  const Outcome expected = uninterrupted(busy_job({}));  // 2 epochs of 6 steps
  for (const int stop_at : {0, 4, 6, 11}) {
    CAPTURE(stop_at);
    const TempDir folder;
    const TrainJob job = busy_job(folder.path());
    const TrainResult stopped = run_until(job, stop_at);
    REQUIRE(stopped.state == TrainState::kStopped);
    REQUIRE(std::filesystem::exists(folder.path() / "checkpoint.safetensors"));
    Trainer other = new_trainer();
    const TrainResult result = other.run(job, {});
    REQUIRE(result.state == TrainState::kFinished);
    CHECK(result.seconds >= stopped.seconds);
    CHECK((outcome_of(other, folder.path()) == expected));
  }
}

TEST_CASE("trainer: stopped at every step, it ends with the same bits", "[child_trainer]") {
  const Outcome expected = uninterrupted(small_job({}));  // 2 epochs of 3 steps
  const TempDir folder;
  const TrainJob job = small_job(folder.path());
  int attempts = 0;
  while (run_until(job, 1).state == TrainState::kStopped) REQUIRE(++attempts < 20);
  CHECK(attempts >= 5);
  Trainer last = new_trainer();
  REQUIRE(last.run(job, {}).state ==
          TrainState::kFinished);  // finished already: nothing is trained
  CHECK((outcome_of(last, folder.path()) == expected));
}

struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

// on_epoch comes after the checkpoint, so this is a kill between two epochs; with a checkpoint
// every second epoch the first epoch is lost, and what it wrote to metrics.jsonl must not stay.
TEST_CASE("trainer: killed after an epoch, it ends with the same bits", "[child_trainer]") {
  TrainJob job = small_job({});
  job.settings.epochs = 3;
  const Outcome expected = uninterrupted(job);
  for (const int64_t checkpoint_epochs : {1, 2}) {
    for (const int64_t epoch : {1, 2}) {
      CAPTURE(checkpoint_epochs, epoch);
      const TempDir folder;
      job.folder = folder.path();
      job.checkpoint_epochs = checkpoint_epochs;
      Trainer killed = new_trainer();
      TrainHooks hooks;
      hooks.on_epoch = [epoch](const EpochMetrics& metrics) {
        if (metrics.epoch == epoch) throw Killed();
      };
      REQUIRE_THROWS_AS(killed.run(job, hooks), Killed);
      Trainer other = new_trainer();
      REQUIRE(other.run(job, {}).state == TrainState::kFinished);
      CHECK((outcome_of(other, folder.path()) == expected));
    }
  }
}

// As of a child that is promoted from rung to rung: each part in a folder and a process of its own.
TEST_CASE("trainer: in parts, each in its own folder, it ends with the same bits",
          "[child_trainer]") {
  TrainJob job = busy_job({});
  job.settings.epochs = 3;
  job.settings.warmup_epochs = 1;
  const Outcome expected = uninterrupted(job);
  const TempDir root;
  std::string metrics;
  for (const int64_t epochs : {1, 2, 3}) {
    CAPTURE(epochs);
    job.continue_from = epochs > 1 ? job.folder : std::filesystem::path();
    job.folder = root.path() / std::to_string(epochs);
    job.stop_after = epochs;
    REQUIRE(run_until(job, 3).state == TrainState::kStopped);  // within its epoch
    Trainer trainer = new_trainer();
    const TrainResult result = trainer.run(job, {});
    REQUIRE(result.state == TrainState::kFinished);
    CHECK(result.last.epoch == epochs);
    REQUIRE(read_metrics(job.folder / "metrics.jsonl").size() == 1);
    metrics += outcome_of(trainer, job.folder).metrics;
    if (epochs < 3) continue;
    Outcome last = outcome_of(trainer, job.folder);
    last.metrics = metrics;
    CHECK((last == expected));
  }
}

TEST_CASE("trainer: without the checkpoint that it should go on with, it begins anew",
          "[child_trainer]") {
  TrainJob job = small_job({});
  const Outcome expected = uninterrupted(job);
  const TempDir root;
  job.continue_from = root.path() / "gone";
  job.folder = root.path() / "here";
  Trainer trainer = new_trainer();
  REQUIRE(trainer.run(job, {}).state == TrainState::kFinished);
  CHECK((outcome_of(trainer, job.folder) == expected));
}

TEST_CASE("trainer: a warm trainer gives the bits of a fresh one", "[child_trainer]") {
  const Outcome expected = uninterrupted(busy_job({}));
  const TempDir root;
  Trainer warm = new_trainer();
  TrainJob before = small_job(root.path() / "before");
  before.trial = 77;
  warm.run(before, {});
  before.folder = root.path() / "diverged";
  before.settings.learning_rate = 1e30;
  warm.run(before, {});
  const TrainJob job = busy_job(root.path() / "job");
  REQUIRE(warm.run(job, {}).state == TrainState::kFinished);
  CHECK((outcome_of(warm, job.folder) == expected));
}

TEST_CASE("trainer: seed and trial are part of the result", "[child_trainer]") {
  const Outcome expected = uninterrupted(small_job({}));
  CHECK((uninterrupted(small_job({})) == expected));
  TrainJob job = small_job({});
  job.seed = 44;
  CHECK_FALSE((uninterrupted(job) == expected));
  job = small_job({});
  job.trial = 44;
  CHECK_FALSE((uninterrupted(job) == expected));
}

TEST_CASE("trainer: a checkpoint of other settings is not continued", "[child_trainer]") {
  const TempDir folder;
  TrainJob job = small_job(folder.path());
  REQUIRE(run_until(job, 4).state == TrainState::kStopped);
  job.settings.learning_rate = 0.05;
  const Outcome expected = uninterrupted(job);
  Trainer trainer = new_trainer();
  REQUIRE(trainer.run(job, {}).state == TrainState::kFinished);
  CHECK((outcome_of(trainer, folder.path()) == expected));
}

TEST_CASE("trainer: a damaged checkpoint is an error", "[child_trainer]") {
  const TempDir folder;
  const TrainJob job = small_job(folder.path());
  REQUIRE(run_until(job, 4).state == TrainState::kStopped);
  const auto file = folder.path() / "checkpoint.safetensors";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  Trainer trainer = new_trainer();
  CHECK_THROWS_AS(trainer.run(job, {}), common::DataError);
}

}  // namespace
}  // namespace nas::child_trainer
