// CUDA graphs. What a step does around its recording is tested on the CPU (step_graph_test.cpp).
#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include "child_trainer/work_graph.h"
#include "common/error.h"
#include "tests/child_trainer/gpu.h"
#include "tests/child_trainer/trainings.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::WithinRel;
using tests::TempDir;

// Ten epochs of one step each, so that their training losses are those of the steps. `on` throws
// where a step cannot be recorded.
TrainJob ten_steps(const std::filesystem::path& folder, const std::string& cuda_graph) {
  TrainJob job = busy_job(folder);
  job.settings.epochs = 10;
  job.settings.batch_size = training_set().train.count();
  job.settings.learning_rate = 0.02;
  job.settings.cuda_graph = cuda_graph;
  return job;
}

std::vector<double> step_losses(Trainer& trainer, const TrainJob& job) {
  std::vector<double> losses;
  TrainHooks hooks;
  hooks.on_epoch = [&](const EpochMetrics& metrics) { losses.push_back(metrics.train_loss); };
  REQUIRE(trainer.run(job, hooks).state == TrainState::kFinished);
  return losses;
}

void compare(const std::vector<double>& losses, const std::vector<double>& expected,
             double tolerance) {
  REQUIRE(losses.size() == expected.size());
  for (size_t i = 0; i < losses.size(); ++i) {
    CAPTURE(i);
    CHECK_THAT(losses[i], WithinRel(expected[i], tolerance));
  }
}

TEST_CASE("gpu graph: a build without CUDA refuses", "[child_trainer]") {
  if (cuda_device_count() > 0) SKIP("there is a GPU");
  if (cuda_device_text(0).find("built without") == std::string::npos) SKIP("built with CUDA");
  CHECK_THROWS_AS(make_work_graph({at::kCUDA, 0}), common::InternalError);
}

// With drop-path, dropout, an auxiliary head and augmentation: a replay that kept anything of the
// step that was recorded would show.
TEST_CASE("gpu graph: ten steps have the losses of steps run kernel by kernel",
          "[child_trainer][gpu]") {
  Trainer trainer(training_set(), first_gpu());
  const TempDir root;
  for (const std::string precision : {"fp32", "bf16"}) {
    CAPTURE(precision);
    TrainJob job = ten_steps(root.path() / (precision + "-off"), "off");
    job.settings.precision = precision;
    const auto expected = step_losses(trainer, job);
    job.folder = root.path() / (precision + "-on");
    job.settings.cuda_graph = "on";
    // The kernels are the same ones; the tolerance is for libraries that choose another while they
    // are recorded.
    const double tolerance = precision == "fp32" ? 1e-4 : 1e-2;
    compare(step_losses(trainer, job), expected, tolerance);
    job.folder = root.path() / (precision + "-recomputed");
    job.settings.recompute = true;
    compare(step_losses(trainer, job), expected, tolerance);
  }
}

TEST_CASE("gpu graph: a second training in the process has the bits of the first",
          "[child_trainer][gpu]") {
  Trainer trainer(training_set(), first_gpu());
  const TempDir root;
  const auto trained = [&](const std::string& name) {
    const TrainJob job = ten_steps(root.path() / name, "on");
    step_losses(trainer, job);
    return outcome_of(trainer, job.folder);
  };
  const Outcome first = trained("one");
  step_losses(trainer, small_job(root.path() / "between"));
  CHECK((trained("two") == first));
}

TEST_CASE("gpu graph: a stopped training goes on", "[child_trainer][gpu]") {
  Trainer trainer(training_set(), first_gpu());
  const TempDir root;
  const auto expected = step_losses(trainer, ten_steps(root.path() / "whole", "on"));
  const TrainJob job = ten_steps(root.path() / "parts", "on");
  TrainHooks hooks;
  hooks.should_stop = [left = 6]() mutable { return left-- <= 0; };
  REQUIRE(trainer.run(job, hooks).state == TrainState::kStopped);
  compare(step_losses(trainer, job), {expected.begin() + 6, expected.end()}, 1e-4);
}

TEST_CASE("gpu graph: accumulation is refused, or done kernel by kernel", "[child_trainer][gpu]") {
  Trainer trainer(training_set(), first_gpu());
  const TempDir root;
  TrainJob job = ten_steps(root.path() / "on", "on");
  job.settings.epochs = 1;
  job.parallel.accumulate = 2;
  CHECK_THROWS_AS(trainer.run(job, {}), common::ConfigError);
  job.settings.cuda_graph = "auto";
  CHECK(trainer.run(job, {}).state == TrainState::kFinished);
}

TEST_CASE("gpu graph: after work that cannot be recorded all is as before",
          "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  const auto graph = make_work_graph(device);
  const at::Tensor x = at::zeros({1000}, device);
  const auto add = [&] { x.add_(1); };
  const auto value = [&] { return x[999].item<float>(); };
  graph->run(add);
  CHECK(value() == 1);
  CHECK_THROWS_AS(graph->capture([&] {
    x.add_(1);
    x.sum().item<float>();  // waits for the GPU
  }),
                  c10::Error);
  CHECK(value() == 1);
  graph->run(add);
  CHECK(value() == 2);
  CHECK_THROWS_AS(graph->capture([&]() -> void {
    x.add_(1);
    throw common::InternalError({.where = "test", .what = "own error"});
  }),
                  common::InternalError);
  graph->capture(add);
  CHECK(value() == 2);  // nothing was computed
  for (int i = 0; i < 3; ++i) graph->replay();
  x.add_(10);  // in order with what the present stream does
  graph->replay();
  CHECK(value() == 16);
}

}  // namespace
}  // namespace nas::child_trainer
