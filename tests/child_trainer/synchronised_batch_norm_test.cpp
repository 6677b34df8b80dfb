#include "child_trainer/distributed/synchronised_batch_norm.h"

#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>

#include "tests/child_trainer/ranks.h"

namespace nas::child_trainer {
namespace {

struct Results {
  at::Tensor y, dx, dweight, dbias, running_mean, running_var;
};

BatchNormTensors new_tensors() {
  const auto options = at::TensorOptions().dtype(at::kDouble);
  return {.weight = at::linspace(0.5, 1.5, 5, options).set_requires_grad(true),
          .bias = at::linspace(-1, 1, 5, options).set_requires_grad(true),
          .running_mean = at::full({5}, 0.25, options),
          .running_var = at::full({5}, 2.0, options),
          .momentum = 0.3,
          .epsilon = 1e-3};
}

// A function of x whose gradient is not the same everywhere.
at::Tensor loss_of_output(const at::Tensor& y, const at::Tensor& weights) {
  return (y * weights + y.square() * 0.1).sum();
}

TEST_CASE("synchronised batch norm: parts of a batch on ranks are as the whole on one",
          "[child_trainer]") {
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const auto grid = [&](double factor) {
    return at::sin(at::arange(9 * 5 * 3 * 4, options) * factor)
        .view({9, 5, 3, 4})
        .contiguous(at::MemoryFormat::ChannelsLast);
  };
  const at::Tensor images = grid(0.7) * 2 + 3;
  const at::Tensor weights = grid(1.3);

  Results whole;
  {
    const BatchNormTensors tensors = new_tensors();
    const at::Tensor x = images.clone().set_requires_grad(true);
    whole.y = at::batch_norm(x, tensors.weight, tensors.bias, tensors.running_mean,
                             tensors.running_var, true, tensors.momentum, tensors.epsilon, false);
    loss_of_output(whole.y, weights).backward();
    whole.dx = x.grad();
    whole.dweight = tensors.weight.grad();
    whole.dbias = tensors.bias.grad();
    whole.running_mean = tensors.running_mean;
    whole.running_var = tensors.running_var;
  }

  std::vector<Results> parts(3);
  run_all_ranks(3, [&](TcpCommunicator& communicator) {
    const int64_t rank = communicator.rank();
    const int64_t begin = rank == 0 ? 0 : rank == 1 ? 2 : 5;  // 2, 3 and 4 images
    const int64_t count = 2 + rank;
    const BatchNormTensors tensors = new_tensors();
    const at::Tensor x = images.narrow(0, begin, count).clone().set_requires_grad(true);
    const at::Tensor y = synchronised_batch_norm(x, tensors, communicator);
    loss_of_output(y, weights.narrow(0, begin, count)).backward();
    parts[static_cast<size_t>(rank)] = {y,
                                        x.grad(),
                                        tensors.weight.grad(),
                                        tensors.bias.grad(),
                                        tensors.running_mean,
                                        tensors.running_var};
  });
  const auto close = [](const at::Tensor& a, const at::Tensor& b) {
    return at::allclose(a, b, 1e-9, 1e-9);
  };
  CHECK(close(at::cat({parts[0].y, parts[1].y, parts[2].y}), whole.y));
  CHECK(close(at::cat({parts[0].dx, parts[1].dx, parts[2].dx}), whole.dx));
  CHECK(close(parts[0].dweight + parts[1].dweight + parts[2].dweight, whole.dweight));
  CHECK(close(parts[0].dbias + parts[1].dbias + parts[2].dbias, whole.dbias));
  for (const auto& part : parts) {
    CHECK(close(part.running_mean, whole.running_mean));
    CHECK(close(part.running_var, whole.running_var));
    CHECK(at::equal(part.running_var, parts[0].running_var));
  }
  CHECK(parts[0].y.is_contiguous(at::MemoryFormat::ChannelsLast));
}

}  // namespace
}  // namespace nas::child_trainer
