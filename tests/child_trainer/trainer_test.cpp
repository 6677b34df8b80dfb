#include "child_trainer/trainer.h"

#include <ATen/ATen.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <functional>

#include "common/error.h"
#include "tests/child_trainer/trainings.h"
#include "tests/support/full_disk.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using tests::TempDir;

TEST_CASE("trainer: learns what can be learnt", "[child_trainer]") {
  const TempDir folder;
  Trainer trainer(training_set(40), at::Device(at::kCPU));
  TrainJob job = small_job(folder.path());
  job.settings.epochs = 5;
  std::vector<EpochMetrics> epochs;
  TrainHooks hooks;
  hooks.on_epoch = [&](const EpochMetrics& metrics) { epochs.push_back(metrics); };
  CHECK(trainer.network() == nullptr);
  const TrainResult result = trainer.run(job, hooks);
  REQUIRE(result.state == TrainState::kFinished);
  CHECK(result.reason.empty());
  CHECK(result.last.valid_accuracy > 0.6);  // chance is 0.25
  CHECK(result.last.valid_auc_prc > 0.6);
  CHECK(result.last.train_loss < epochs.at(0).train_loss);
  CHECK(result.last.learning_rate < 1e-9);
  CHECK(result.seconds > 0);
  CHECK(result.peak_bytes > 1e6);
  REQUIRE(epochs.size() == 5);
  for (size_t i = 0; i < epochs.size(); ++i) CHECK(epochs[i].epoch == static_cast<int64_t>(i) + 1);
  CHECK(trainer.evaluate(trainer.dataset().test).accuracy > 0.6);
  CHECK(trainer.evaluate(trainer.dataset().valid).accuracy == result.last.valid_accuracy);
}

TEST_CASE("trainer: metrics are written, a line an epoch", "[child_trainer]") {
  const TempDir folder;
  Trainer trainer = new_trainer();
  TrainJob job = small_job(folder.path());
  job.settings.epochs = 3;
  const TrainResult result = trainer.run(job, {});
  const auto lines =
      common::split(common::trim(common::read_file(folder.path() / "metrics.jsonl")), '\n');
  REQUIRE(lines.size() == 3);
  const EpochMetrics last = epoch_metrics_from_json(common::parse_json(lines[2], "metrics.jsonl"));
  CHECK(to_json(last).dump() == to_json(result.last).dump());
  CHECK(last.epoch == 3);
  CHECK_THROWS_AS(epoch_metrics_from_json(common::Json::object()), common::DataError);
}

TEST_CASE("trainer: a learning rate that is too large ends as not a number", "[child_trainer]") {
  const TempDir folder;
  Trainer trainer = new_trainer();
  TrainJob job = small_job(folder.path());
  job.settings.learning_rate = 1e30;
  const TrainResult result = trainer.run(job, {});
  CHECK(result.state == TrainState::kNotANumber);
  CHECK_FALSE(result.reason.empty());
  // The trainer is as good as new.
  const TempDir second;
  CHECK(trainer.run(small_job(second.path()), {}).state == TrainState::kFinished);
}

// The loss of the only step is finite; the weights that it leaves are not.
TEST_CASE("trainer: weights that are no numbers are found where the loss was one",
          "[child_trainer]") {
  const TempDir folder;
  Trainer trainer = new_trainer();
  TrainJob job = small_job(folder.path());
  job.settings.epochs = 1;
  job.settings.batch_size = 48;
  job.settings.learning_rate = 1e30;
  alarm(60);  // a measure that never ends must not stop the other tests
  const TrainResult result = trainer.run(job, {});
  alarm(0);
  CHECK(result.state == TrainState::kNotANumber);
}

TEST_CASE("trainer: the time limit ends it with a checkpoint", "[child_trainer]") {
  const TempDir folder;
  Trainer trainer = new_trainer();
  TrainJob job = small_job(folder.path());
  job.time_limit = 1e-6;
  const TrainResult result = trainer.run(job, {});
  CHECK(result.state == TrainState::kTimeLimit);
  CHECK_FALSE(result.reason.empty());
  CHECK(std::filesystem::exists(folder.path() / "checkpoint.safetensors"));
  job.time_limit = 0;
  CHECK(trainer.run(job, {}).state == TrainState::kFinished);
}

TEST_CASE("trainer: a full disk is a SystemError", "[child_trainer]") {
  const TempDir folder;
  Trainer trainer = new_trainer();
  const TrainJob job = small_job(folder.path());
  {
    const tests::FullDisk full(2000);
    CHECK_THROWS_AS(trainer.run(job, {}), common::SystemError);
  }
  CHECK_FALSE(std::filesystem::exists(folder.path() / "checkpoint.safetensors"));
  CHECK(trainer.run(job, {}).state == TrainState::kFinished);
}

TEST_CASE("trainer: a dataset without held-out images is refused", "[child_trainer]") {
  data::Dataset dataset = training_set();
  dataset.valid = {};
  CHECK_THROWS_AS(Trainer(dataset, at::Device(at::kCPU)), common::DataError);
}

TEST_CASE("trainer: every setting can be trained with", "[child_trainer]") {
  const TempDir root;
  Trainer trainer = new_trainer();
  const std::vector<std::pair<std::string, std::function<void(TrainSettings&)>>> changes = {
      {"auxiliary head", [](TrainSettings& s) { s.auxiliary = true; }},
      {"drop-path", [](TrainSettings& s) { s.drop_path = 0.5; }},
      {"dropout", [](TrainSettings& s) { s.dropout = 0.5; }},
      {"label smoothing", [](TrainSettings& s) { s.label_smoothing = 0.2; }},
      {"bf16", [](TrainSettings& s) { s.precision = "bf16"; }},
      {"no clipping", [](TrainSettings& s) { s.clip = 0; }},
      {"no momentum", [](TrainSettings& s) { s.momentum = 0; }},
      {"no augmentation", [](TrainSettings& s) { s.augment = {}; }},
      {"warm-up", [](TrainSettings& s) { s.warmup_epochs = 1; }},
      {"a batch larger than the set", [](TrainSettings& s) { s.batch_size = 500; }},
      {"one image a step", [](TrainSettings& s) { s.batch_size = 1; }},
  };
  for (const auto& [name, change] : changes) {
    DYNAMIC_SECTION(name) {
      TrainJob job = busy_job(root.path() / name);
      job.settings = {.epochs = 1, .batch_size = 16, .learning_rate = 0.05};
      change(job.settings);
      const TrainResult result = trainer.run(job, {});
      REQUIRE(result.state == TrainState::kFinished);
      CHECK(std::isfinite(result.last.train_loss));
      CHECK(std::isfinite(result.last.valid_loss));
      CHECK(result.last.images_per_second > 0);
    }
  }
}

TEST_CASE("trainer: several labels an image", "[child_trainer]") {
  const TempDir root;
  Trainer trainer(tests::with_several_labels(training_set(40)), at::Device(at::kCPU));
  TrainJob job = small_job(root.path() / "plain");
  job.settings.epochs = 5;
  const TrainResult result = trainer.run(job, {});
  REQUIRE(result.state == TrainState::kFinished);
  CHECK(result.last.valid_auc_prc > 0.5);  // chance is 0.375
  CHECK(result.last.train_accuracy == 0.0);
  job.folder = root.path() / "smooth";
  job.settings.epochs = 1;
  job.settings.label_smoothing = 0.1;
  CHECK(trainer.run(job, {}).state == TrainState::kFinished);
}

TEST_CASE("trainer: training starts from given weights where name and shape agree",
          "[child_trainer]") {
  const TempDir root;
  Trainer trainer = new_trainer();
  trainer.run(small_job(root.path() / "first"), {});
  common::TensorFile file;
  file.tensors = store_tensors(trainer.network()->state(false));
  file.tensors["nobody.weight"] = store_tensor(at::zeros({3}));
  file.tensors["classifier.bias"] = store_tensor(at::ones({9}));  // of another number of classes
  common::write_safetensors(root.path() / "weights.safetensors", file);

  TrainJob job = small_job(root.path() / "second");
  job.seed = 99;
  job.init_from = root.path() / "weights.safetensors";
  job.settings.learning_rate = 0.0;  // the weights stay
  REQUIRE(trainer.run(job, {}).state == TrainState::kFinished);
  for (const auto& [name, parameter] : trainer.network()->parameters()) {
    CAPTURE(name);
    if (name == "classifier.bias") continue;
    CHECK(at::equal(parameter, load_tensor(file.tensors.at(name))));
  }
}

TEST_CASE("trainer: an image that is too small for any network is refused", "[child_trainer]") {
  const TempDir folder;
  Trainer trainer(tests::tiny_dataset(2, 4, 4, 1), at::Device(at::kCPU));
  TrainJob job = small_job(folder.path());
  job.network.input_size = 4;
  CHECK_THROWS_AS(trainer.run(job, {}), common::ConfigError);
}

}  // namespace
}  // namespace nas::child_trainer
