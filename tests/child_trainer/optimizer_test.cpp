#include "child_trainer/optimizer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/tensors.h"

namespace nas::child_trainer {
namespace {

// One whole backward pass, so that the gradients have the layout that autograd gives them.
void make_gradients(Network& network, int step) {
  common::RandomStream random(
      {.seed = 1, .epoch = static_cast<uint64_t>(step), .purpose = "optimizer_test"});
  at::Tensor images = at::empty({6, 3, 8, 8});
  auto* data = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) data[i] = static_cast<float>(random.normal());
  const Scores scores =
      network.forward(images.contiguous(at::MemoryFormat::ChannelsLast), {.training = true});
  (scores.logits * scores.logits).sum().backward();
}

// The formula of the paper's code, in double precision, one parameter at a time.
class HandWritten {
 public:
  HandWritten(const Network& network, TrainSettings settings) : settings_(std::move(settings)) {
    for (const auto& [name, parameter] : network.parameters()) {
      values_[name] = parameter.detach().to(at::kDouble, /*non_blocking=*/false, /*copy=*/true);
    }
  }

  void step(const Network& network, double learning_rate) {
    double squares = 0;
    for (const auto& [name, parameter] : network.parameters()) {
      if (parameter.grad().defined())
        squares += parameter.grad().to(at::kDouble).square().sum().item<double>();
    }
    const double norm = std::sqrt(squares);
    const double factor = settings_.clip > 0 ? std::min(1.0, settings_.clip / (norm + 1e-6)) : 1.0;
    for (auto& [name, value] : values_) {
      const at::Tensor& parameter = network.parameters().at(name);
      at::Tensor gradient = at::zeros_like(value);
      if (parameter.grad().defined()) gradient = parameter.grad().to(at::kDouble) * factor;
      if (value.dim() > 1) gradient = gradient + settings_.weight_decay * value;
      at::Tensor& velocity = velocities_[name];
      velocity = velocity.defined() ? settings_.momentum * velocity + gradient : gradient.clone();
      value = value - learning_rate * (gradient + settings_.momentum * velocity);
    }
  }

  const NamedTensors& values() const { return values_; }
  const NamedTensors& velocities() const { return velocities_; }

 private:
  TrainSettings settings_;
  NamedTensors values_;
  NamedTensors velocities_;
};

void compare(const TrainSettings& settings) {
  Network network(small_graph(), kCpu, {.seed = 2});
  Optimizer optimizer(network, settings);
  HandWritten expected(network, settings);
  for (int step = 0; step < 6; ++step) {
    make_gradients(network, step);
    const double learning_rate = 0.1 / (1 + step);
    expected.step(network, learning_rate);
    optimizer.step(learning_rate);
  }
  CHECK(optimizer.momentum().size() == network.parameters().size());
  for (const auto& [name, parameter] : network.parameters()) {
    CAPTURE(name);
    CHECK(at::allclose(parameter.to(at::kDouble), expected.values().at(name), 1e-4, 1e-5));
    CHECK((parameter.grad() == 0).all().item<bool>());  // forgotten
    if (settings.momentum == 0.0) continue;             // nothing is remembered
    CHECK(at::allclose(optimizer.momentum().at(name).to(at::kDouble),
                       expected.velocities().at(name), 1e-4, 1e-5));
  }
}

TEST_CASE("optimizer: steps follow the formula of Nesterov's momentum", "[child_trainer]") {
  compare({.momentum = 0.9, .weight_decay = 0.01, .clip = 0.0});
}

TEST_CASE("optimizer: gradients are clipped by the norm of all of them", "[child_trainer]") {
  compare({.momentum = 0.9, .weight_decay = 0.0, .clip = 0.05});
  compare({.momentum = 0.9, .weight_decay = 3e-4, .clip = 1e6});  // a limit that is never reached
}

TEST_CASE("optimizer: no momentum is plain descent", "[child_trainer]") {
  compare({.momentum = 0.0, .weight_decay = 0.01, .clip = 5.0});
}

TEST_CASE("optimizer: weight decay leaves vectors alone", "[child_trainer]") {
  Network network(small_graph(), kCpu, {.seed = 2});
  const NamedTensors before = [&] {
    NamedTensors copies;
    for (const auto& [name, tensor] : network.parameters()) copies[name] = tensor.detach().clone();
    return copies;
  }();
  Optimizer optimizer(network, {.momentum = 0.0, .weight_decay = 0.5, .clip = 5.0});
  optimizer.step(0.1);  // the loss reaches nothing: weight decay alone
  for (const auto& [name, parameter] : network.parameters()) {
    CAPTURE(name);
    const at::Tensor& old = before.at(name);
    const at::Tensor expected = old.dim() > 1 ? old * (1.0 - 0.1 * 0.5) : old;
    CHECK(at::allclose(parameter, expected));
  }
}

TEST_CASE("optimizer: flat buffers hold the parameters, those used last first", "[child_trainer]") {
  Network network(every_primitive(), kCpu, {.seed = 2});
  const NamedTensors before = [&] {
    NamedTensors copies;
    for (const auto& [name, tensor] : network.parameters()) copies[name] = tensor.detach().clone();
    return copies;
  }();
  const FlatParameters flat(network);
  size_t slots = 0;
  for (const auto& group : flat.groups()) {
    int64_t end = 0;
    for (const auto& slot : group.slots) {
      CAPTURE(slot.name);
      const at::Tensor& parameter = network.parameters().at(slot.name);
      CHECK((parameter.dim() > 1) == (&group == &flat.weights()));
      CHECK(at::equal(parameter, before.at(slot.name)));
      CHECK(parameter.strides() == before.at(slot.name).strides());
      CHECK(parameter.requires_grad());
      CHECK(parameter.is_leaf());
      CHECK(slot.begin >= end);
      CHECK(slot.begin % 16 == 0);
      end = slot.begin + slot.count;
    }
    CHECK(end <= group.values.numel());
    slots += group.slots.size();
  }
  CHECK(slots == network.parameters().size());
  CHECK(flat.weights().slots.back().name == "stem.weight");
  at::Tensor images = at::rand({4, 3, 9, 9}).contiguous(at::MemoryFormat::ChannelsLast);
  network.forward(images, {.training = true}).logits.square().sum().backward();
  const auto& last = flat.weights().slots.back();
  CHECK(at::equal(last.in(flat.weights().gradients), last.parameter.grad()));
  CHECK(last.parameter.grad().abs().sum().item<double>() > 0);
  flat.weights().values.zero_();
  CHECK(network.parameters().at("stem.weight").abs().sum().item<double>() == 0);
}

TEST_CASE("optimizer: a parameter that the loss does not reach stays finite", "[child_trainer]") {
  search_space::GraphBuilder graph({3, 8, 8});
  const int used = graph.conv2d("used", graph.image(), {.channels = 2});
  const int unused = graph.conv2d("unused", graph.image(), {.channels = 2, .bias = true});
  // finish() drops what nothing reads, so the other branch becomes an auxiliary output, which the
  // loss leaves out.
  const int logits = graph.linear("classifier", graph.global_avg_pool(used), 4);
  Network network(graph.finish(logits, unused, 4), kCpu, {.seed = 1});
  const at::Tensor before = network.parameters().at("unused.weight").detach().clone();
  Optimizer optimizer(network, {.weight_decay = 0.0});
  for (int step = 0; step < 2; ++step) {
    make_gradients(network, step);
    optimizer.step(0.1);
  }
  CHECK(at::equal(network.parameters().at("unused.weight"), before));
  CHECK(at::isfinite(network.parameters().at("used.weight")).all().item<bool>());
}

}  // namespace
}  // namespace nas::child_trainer
