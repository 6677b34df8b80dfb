// NCCL at one rank, which a single GPU can show; what several ranks do is tested over TCP, behind
// the same interface.
#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>

#include "child_trainer/distributed/nccl_communicator.h"
#include "child_trainer/distributed/synchronised_batch_norm.h"
#include "common/error.h"
#include "tests/child_trainer/gpu.h"
#include "tests/child_trainer/trainings.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using tests::TempDir;

TEST_CASE("nccl: a build without it says how to get it", "[child_trainer]") {
  if (cuda_device_count() > 0) SKIP("this build has NCCL");
  CHECK_THROWS_AS(make_nccl_communicator(at::Device(at::kCUDA, 0), nullptr), common::ConfigError);
}

TEST_CASE("nccl: sums and broadcasts of one rank leave values alone", "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  const auto communicator = make_nccl_communicator(device, nullptr);
  CHECK(communicator->rank() == 0);
  CHECK(communicator->ranks() == 1);
  for (const auto type : {at::kFloat, at::kDouble}) {
    const at::Tensor values = at::arange(100003, at::TensorOptions().dtype(type).device(device));
    const at::Tensor before = values.clone();
    for (int i = 0; i < 20; ++i) communicator->all_reduce(values).get();
    communicator->broadcast(values);
    CHECK(at::equal(values, before));
  }
  const at::Tensor on_host = at::ones({5});
  communicator->all_reduce(on_host).get();
  CHECK(at::equal(on_host, at::ones({5})));
  CHECK(communicator->any(true));
  CHECK_FALSE(communicator->any(false));
  CHECK(broadcast_text(*communicator, "words") == "words");
}

// The sum is begun behind work of the present stream, and waited for by what follows on it.
TEST_CASE("nccl: a sum is in order with the work around it", "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  const auto communicator = make_nccl_communicator(device, nullptr);
  at::Tensor values = at::zeros({1 << 22}, device);
  for (int i = 0; i < 50; ++i) {
    values.add_(1);
    auto sum = communicator->all_reduce(values);
    sum.get();
    values.mul_(1);
  }
  CHECK((values == 50).all().item<bool>());
}

TEST_CASE("nccl: synchronised batch norm on a GPU is batch norm", "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  const auto communicator = make_nccl_communicator(device, nullptr);
  const at::Tensor x = at::randn({6, 5, 4, 3}, device).set_requires_grad(true);
  const at::Tensor other = x.detach().clone().set_requires_grad(true);
  const at::Tensor weight = at::ones({5}, device);
  const at::Tensor bias = at::zeros({5}, device);
  const at::Tensor mean = at::zeros({5}, device);
  const at::Tensor variance = at::ones({5}, device);
  const at::Tensor y = synchronised_batch_norm(x,
                                               {.weight = weight,
                                                .bias = bias,
                                                .running_mean = mean.clone(),
                                                .running_var = variance.clone()},
                                               *communicator);
  const at::Tensor expected =
      at::batch_norm(other, weight, bias, mean, variance, true, 0.1, 1e-5, false);
  CHECK(at::allclose(y, expected, 1e-4, 1e-5));
  y.pow(3).sum().backward();
  expected.pow(3).sum().backward();
  CHECK(at::allclose(x.grad(), other.grad(), 1e-3, 1e-4));
}

TEST_CASE("nccl: a training with one rank has the bits of one without", "[child_trainer][gpu]") {
  const at::Device device = first_gpu();
  const TempDir root;
  const auto trained = [&](const std::string& name, std::shared_ptr<Communicator> communicator) {
    Trainer trainer(training_set(), device, std::move(communicator));
    const TrainJob job = busy_job(root.path() / name);
    REQUIRE(trainer.run(job, {}).state == TrainState::kFinished);
    return outcome_of(trainer, job.folder);
  };
  const Outcome expected = trained("without", nullptr);
  CHECK((trained("with", make_nccl_communicator(device, nullptr)) == expected));
}

}  // namespace
}  // namespace nas::child_trainer
