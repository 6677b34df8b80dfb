#include "child_trainer/distributed/gradient_reducer.h"

#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>

#include "child_trainer/distributed/single_communicator.h"
#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/ranks.h"

namespace nas::child_trainer {
namespace {

const at::Device kCpu(at::kCPU);

at::Tensor images_of(int64_t seed, int64_t count) {
  common::RandomStream random({.seed = static_cast<uint64_t>(seed), .purpose = "images"});
  at::Tensor images = at::empty({count, 3, 9, 9});
  auto* data = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) data[i] = static_cast<float>(random.normal());
  return images.contiguous(at::MemoryFormat::ChannelsLast);
}

void backward(Network& network, int64_t seed) {
  const Scores scores = network.forward(images_of(seed, 4), {.training = true});
  (scores.logits.square().sum() + scores.auxiliary.square().sum()).backward();
}

// Remembers how many sums had begun when the backward pass ended.
class Counting : public SingleCommunicator {
 public:
  int64_t ranks() const override { return 2; }
  std::future<void> all_reduce(const at::Tensor& values) override {
    begun.push_back(values);
    return SingleCommunicator::all_reduce(values);
  }
  std::vector<at::Tensor> begun;
};

TEST_CASE("reducer: gradients become the sums of all ranks, in any number of buckets",
          "[child_trainer]") {
  for (const int64_t bucket_bytes : {1, 400, 1 << 20}) {
    CAPTURE(bucket_bytes);
    NamedTensors expected;
    for (const int64_t seed : {10, 11, 12}) {
      Network network(every_primitive(), kCpu, {.seed = 2});
      backward(network, seed);
      for (const auto& [name, parameter] : network.parameters()) {
        at::Tensor& sum = expected[name];
        sum = sum.defined() ? sum + parameter.grad() : parameter.grad();
      }
    }
    std::vector<NamedTensors> got(3);
    run_all_ranks(3, [&](TcpCommunicator& communicator) {
      Network network(every_primitive(), kCpu, {.seed = 2});
      const FlatParameters flat(network);
      GradientReducer reducer(flat, communicator, bucket_bytes);
      reducer.expect();
      backward(network, 10 + communicator.rank());
      reducer.finish();
      for (const auto& [name, parameter] : network.parameters())
        got[static_cast<size_t>(communicator.rank())][name] = parameter.grad().clone();
    });
    for (const auto& [name, sum] : expected) {
      CAPTURE(name);
      CHECK(at::allclose(got[0].at(name), sum, 1e-4, 1e-4));
      CHECK(at::equal(got[0].at(name), got[1].at(name)));
      CHECK(at::equal(got[0].at(name), got[2].at(name)));
    }
  }
}

TEST_CASE("reducer: sums begin while the backward pass goes on, in the order of the buckets",
          "[child_trainer]") {
  Counting communicator;
  Network network(every_primitive(), kCpu, {.seed = 2});
  const FlatParameters flat(network);
  GradientReducer reducer(flat, communicator, 400);
  REQUIRE(reducer.buckets() > 3);
  backward(network, 1);  // of a pass that is not the last: nothing is summed
  CHECK(communicator.begun.empty());
  for (int step = 0; step < 2; ++step) {
    communicator.begun.clear();
    reducer.expect();
    backward(network, 1);
    CHECK(communicator.begun.size() == reducer.buckets());  // all, since every parameter is reached
    reducer.finish();
    CHECK(communicator.begun.size() == reducer.buckets());
    CHECK(communicator.begun.front().data_ptr() == flat.weights().gradients.data_ptr());
  }
  int64_t summed = 0;
  for (const auto& bucket : communicator.begun) summed += bucket.numel();
  CHECK(summed == flat.weights().gradients.numel() + flat.vectors().gradients.numel());
}

TEST_CASE("reducer: what the backward pass does not reach is summed too", "[child_trainer]") {
  Counting communicator;
  Network network(every_primitive(), kCpu, {.seed = 2});
  network.use_kernels(false);  // which also go back from what has no gradient
  const FlatParameters flat(network);
  GradientReducer reducer(flat, communicator, 400);
  reducer.expect();
  network.forward(images_of(1, 4), {.training = true}).logits.square().sum().backward();
  CHECK(communicator.begun.size() < reducer.buckets());  // not the auxiliary head's
  reducer.finish();
  CHECK(communicator.begun.size() == reducer.buckets());
}

TEST_CASE("reducer: one rank has no buckets, and hooks end with the reducer", "[child_trainer]") {
  Network network(every_primitive(), kCpu, {.seed = 2});
  const FlatParameters flat(network);
  SingleCommunicator single;
  GradientReducer alone(flat, single);
  CHECK(alone.buckets() == 0);
  Counting communicator;
  { GradientReducer ended(flat, communicator); }
  backward(network, 1);
  CHECK(communicator.begun.empty());
}

}  // namespace
}  // namespace nas::child_trainer
