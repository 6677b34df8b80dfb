#include "child_trainer/network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "child_trainer/autocast.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/tensors.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using search_space::GraphBuilder;
using search_space::NamedArchitecture;
using search_space::NetworkOptions;

using Sizes = std::vector<int64_t>;

constexpr const char* kBench201 =
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";

std::vector<std::string> architectures() {
  std::vector<std::string> names = common::Registry<NamedArchitecture>::names();
  names.push_back(kBench201);
  return names;
}

int64_t count_of(const NamedTensors& tensors) {
  int64_t count = 0;
  for (const auto& [name, tensor] : tensors) count += tensor.numel();
  return count;
}

NamedTensors copies(const NamedTensors& tensors) {
  NamedTensors result;
  for (const auto& [name, tensor] : tensors) result[name] = tensor.detach().clone();
  return result;
}

TEST_CASE("network: logits of every named architecture have a row an image", "[child_trainer]") {
  for (const auto& name : architectures()) {
    CAPTURE(name);
    const NetworkOptions options{.input_size = 16, .classes = 7, .cells = 1, .filters = 4};
    Network network(search_space::build_network(search_space::find_architecture(name), options),
                    kCpu, {.seed = 1});
    const at::Tensor images = random_tensor({3, 3, 16, 16}, 1);
    const at::NoGradGuard no_grad;
    for (const bool training : {true, false}) {
      const Scores scores = network.forward(images, {.training = training});
      CHECK(scores.logits.sizes().vec() == Sizes{3, 7});
      CHECK(at::isfinite(scores.logits).all().item<bool>());
      CHECK_FALSE(scores.auxiliary.defined());
    }
  }
}

TEST_CASE("network: what is allocated is what cost_of counts", "[child_trainer]") {
  for (const auto& name : architectures()) {
    CAPTURE(name);
    const bool has_head = name != kBench201;
    const NetworkOptions options{
        .input_size = 32, .classes = 10, .cells = 6, .filters = 32, .auxiliary = has_head};
    const auto graph = search_space::build_network(search_space::find_architecture(name), options);
    const auto cost = search_space::cost_of(graph);
    const Network network(graph, kCpu, {});
    CHECK(count_of(network.parameters()) == cost.parameters + cost.auxiliary_parameters);
    CHECK(count_of(network.buffers()) == cost.buffers);
    CHECK(count_of(network.state(true)) ==
          cost.parameters + cost.auxiliary_parameters + cost.buffers);
    CHECK((cost.auxiliary_parameters > 0) == has_head);
    const auto served = search_space::cost_of(search_space::inference_graph(graph));
    CHECK(count_of(network.state(false)) == served.parameters + served.buffers);
    CHECK(served.parameters == cost.parameters);
    if (name == "nasnet-a") CHECK(cost.parameters == 3346538);
  }
}

// Everything in double precision, so that finite differences are sharp.
void to_double(const NamedTensors& tensors) {
  for (const auto& [name, tensor] : tensors) tensor.set_data(tensor.detach().to(at::kDouble));
}

TEST_CASE("network: gradients through every primitive are those of finite differences",
          "[child_trainer]") {
  Network network(every_primitive(), kCpu, {.seed = 3});
  to_double(network.parameters());
  to_double(network.buffers());
  const at::Tensor images = random_tensor({5, 3, 9, 9}, 4).to(at::kDouble);
  const at::Tensor weights = random_tensor({5, 3}, 5).to(at::kDouble);
  const Pass pass{.training = true, .drop_path = 0.6, .key = {.seed = 3, .epoch = 2}};
  const auto loss_now = [&] {
    const Scores scores = network.forward(images, pass);
    return (scores.logits * weights + scores.auxiliary * weights * scores.auxiliary).sum();
  };
  loss_now().backward();
  constexpr double kStep = 1e-7;
  for (const auto& [name, parameter] : network.parameters()) {
    CAPTURE(name);
    REQUIRE(parameter.grad().defined());
    const at::Tensor gradient = parameter.grad().contiguous().view({-1});
    const at::NoGradGuard no_grad;
    at::Tensor value = parameter.detach();
    for (const int64_t index : {int64_t{0}, value.numel() / 2, value.numel() - 1}) {
      at::Tensor offset = at::zeros({value.numel()}, at::kDouble);
      offset[index] = kStep;
      offset = offset.view(value.sizes());
      value.add_(offset);
      const double above = loss_now().item<double>();
      value.sub_(offset, 2.0);
      const double below = loss_now().item<double>();
      value.add_(offset);
      const double expected = (above - below) / (2 * kStep);
      CHECK_THAT(gradient[index].item<double>(),
                 WithinAbs(expected, 1e-5 * std::max(1.0, std::abs(expected))));
    }
  }
}

TEST_CASE("network: training uses the batch's statistics, evaluation the running ones",
          "[child_trainer]") {
  Network network(every_primitive(), kCpu, {.seed = 1});
  const at::Tensor images = random_tensor({4, 3, 9, 9}, 1);
  const at::NoGradGuard no_grad;
  const NamedTensors at_start = copies(network.buffers());
  const Scores trained = network.forward(images, {.training = true, .key = {.seed = 1}});
  CHECK(trained.auxiliary.sizes().vec() == Sizes{4, 3});
  CHECK_FALSE(same(at_start, network.buffers()));

  const NamedTensors before = copies(network.buffers());
  const Scores scores = network.forward(images, {.training = false, .drop_path = 0.9});
  CHECK(same(before, network.buffers()));
  CHECK_FALSE(scores.auxiliary.defined());
  CHECK(at::equal(scores.logits, network.forward(images, {.training = false}).logits));
  // An image's scores do not depend on its batch.
  const at::Tensor alone = network.forward(images.slice(0, 2, 3), {.training = false}).logits;
  CHECK(at::allclose(alone, scores.logits.slice(0, 2, 3), 1e-4, 1e-5));
}

// The logits are the means of the image's channels, after drop-path.
Network drop_path_network(double depth_ratio) {
  GraphBuilder graph({3, 2, 2});
  const int x = graph.drop_path(graph.image(), depth_ratio);
  Network network(
      graph.finish(graph.linear("classifier", graph.global_avg_pool(x), 3), std::nullopt, 3), kCpu,
      {});
  const at::NoGradGuard no_grad;
  network.parameters().at("classifier.weight").copy_(at::eye(3));
  return network;
}

TEST_CASE("network: drop-path drops whole samples and keeps the expectation", "[child_trainer]") {
  Network network = drop_path_network(0.5);
  const at::Tensor images = at::ones({4000, 3, 2, 2});
  const at::NoGradGuard no_grad;
  const at::Tensor logits =
      network.forward(images, {.training = true, .drop_path = 0.8, .key = {.seed = 1}}).logits;
  CHECK_THAT(logits.mean().item<double>(), WithinAbs(1.0, 0.05));  // standard deviation 0.013
  const at::Tensor kept = logits.select(1, 0) > 0.5;
  CHECK_THAT(kept.to(at::kDouble).mean().item<double>(), WithinAbs(0.6, 0.04));
  CHECK(at::allclose(logits, (kept.to(at::kFloat) / 0.6).unsqueeze(1).expand({4000, 3})));
  CHECK(at::equal(network.forward(images, {.training = false, .drop_path = 0.8}).logits,
                  at::ones({4000, 3})));
}

TEST_CASE("network: what is dropped is a function of the key", "[child_trainer]") {
  Network network = drop_path_network(1.0);
  const at::Tensor images = at::ones({64, 3, 2, 2});
  const at::NoGradGuard no_grad;
  const auto logits = [&](const common::RandomKey& key) {
    return network.forward(images, {.training = true, .drop_path = 0.5, .key = key}).logits;
  };
  const at::Tensor first = logits({.seed = 1, .trial = 2, .epoch = 3});
  CHECK(at::equal(first, logits({.seed = 1, .trial = 2, .epoch = 3})));
  CHECK_FALSE(at::equal(first, logits({.seed = 1, .trial = 2, .epoch = 4})));
  CHECK_FALSE(at::equal(first, logits({.seed = 5, .trial = 2, .epoch = 3})));
}

TEST_CASE("network: what is dropped from bfloat16 leaves bfloat16", "[child_trainer]") {
  Network network = drop_path_network(1.0);
  Pass pass{.training = true, .drop_path = 0.5, .key = {.seed = 1}};
  at::ScalarType type = at::kFloat;
  pass.observe = [&](const search_space::Node& node, const std::vector<at::Tensor>&,
                     const at::Tensor& output) {
    if (node.kind == search_space::Primitive::kDropPath) type = output.scalar_type();
  };
  const Autocast autocast(true, at::kCPU);
  network.forward(at::ones({8, 3, 2, 2}, at::kBFloat16), pass);
  CHECK(type == at::kBFloat16);
}

TEST_CASE("network: the same key gives the same initial weights", "[child_trainer]") {
  const Network first(every_primitive(), kCpu, {.seed = 1, .trial = 2});
  const Network again(every_primitive(), kCpu, {.seed = 1, .trial = 2});
  const Network other_seed(every_primitive(), kCpu, {.seed = 3, .trial = 2});
  const Network other_trial(every_primitive(), kCpu, {.seed = 1, .trial = 4});
  CHECK(same(first.state(true), again.state(true)));
  CHECK_FALSE(same(first.parameters(), other_seed.parameters()));
  CHECK_FALSE(same(first.parameters(), other_trial.parameters()));
}

TEST_CASE("network: a weight starts the same wherever its layer stands", "[child_trainer]") {
  const auto graph_of = [](const std::vector<std::string>& names) {
    GraphBuilder graph({4, 8, 8});
    int x = graph.image();
    for (const auto& name : names)
      x = graph.conv2d(name, x, {.channels = 4, .kernel_h = 3, .kernel_w = 3});
    return graph.finish(graph.linear("classifier", graph.global_avg_pool(x), 2), std::nullopt, 2);
  };
  const Network one(graph_of({"first", "second", "third"}), kCpu, {.seed = 1});
  const Network other(graph_of({"third", "first"}), kCpu, {.seed = 1});
  for (const std::string name : {"first.weight", "third.weight", "classifier.weight"}) {
    CHECK(at::equal(one.parameters().at(name), other.parameters().at(name)));
  }
  CHECK_FALSE(at::equal(one.parameters().at("first.weight"), one.parameters().at("second.weight")));
}

TEST_CASE("network: weights start with the documented spread", "[child_trainer]") {
  GraphBuilder graph({32, 8, 8});
  int x = graph.conv2d("conv", graph.image(),
                       {.channels = 64, .kernel_h = 3, .kernel_w = 3, .bias = true});
  x = graph.conv2d("depthwise", x, {.channels = 64, .kernel_h = 5, .kernel_w = 5, .groups = 64});
  x = graph.batch_norm("bn", x);
  const Network network(graph.finish(graph.linear("classifier", x, 10), std::nullopt, 10), kCpu,
                        {.seed = 9});
  const auto& parameters = network.parameters();
  const auto deviation = [&](const std::string& name) {
    return parameters.at(name).to(at::kDouble).square().mean().sqrt().item<double>();
  };
  CHECK_THAT(deviation("conv.weight"), WithinRel(std::sqrt(2.0 / (64 * 9)), 0.03));
  CHECK_THAT(deviation("depthwise.weight"), WithinRel(std::sqrt(2.0 / 25), 0.06));
  const double bound = 1.0 / std::sqrt(64.0 * 8 * 8);
  CHECK_THAT(deviation("classifier.weight"), WithinRel(bound / std::sqrt(3.0), 0.03));
  CHECK(parameters.at("classifier.weight").abs().max().item<double>() <= bound);
  CHECK(deviation("conv.bias") == 0.0);
  CHECK(deviation("classifier.bias") == 0.0);
  CHECK(at::equal(parameters.at("bn.weight"), at::ones({64})));
  CHECK(at::equal(network.buffers().at("bn.running_var"), at::ones({64})));
}

TEST_CASE("network: a sum of many inputs adds them all", "[child_trainer]") {
  GraphBuilder graph({3, 2, 2});
  const int x = graph.image();
  const int sum = graph.add({x, graph.relu(x), graph.sigmoid(x), x});
  Network network(
      graph.finish(graph.linear("classifier", graph.global_avg_pool(sum), 3), std::nullopt, 3),
      kCpu, {});
  const at::NoGradGuard no_grad;
  network.parameters().at("classifier.weight").copy_(at::eye(3));
  const at::Tensor images = random_tensor({4, 3, 2, 2}, 6);
  const at::Tensor expected =
      (2 * images + at::relu(images) + at::sigmoid(images)).mean({2, 3}, false);
  CHECK(at::allclose(network.forward(images, {.training = false}).logits, expected, 1e-5, 1e-6));
}

}  // namespace
}  // namespace nas::child_trainer
