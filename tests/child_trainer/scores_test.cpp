// Scores of networks so small that they can be worked out by hand.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>

#include "child_trainer/score.h"
#include "search_space/cost.h"
#include "search_space/network_family.h"
#include "tests/child_trainer/graphs.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using search_space::GraphBuilder;

double score_of(const std::string& name, Network& network, const Batch& batch = {}) {
  return compute_score(common::Registry<Score>::find(name), network, batch);
}

Network finished(GraphBuilder& graph, int x, int64_t classes) {
  x = graph.linear("classifier", graph.global_avg_pool(x), classes);
  return {graph.finish(x, std::nullopt, classes), at::kCPU, {.seed = 1}};
}

// The logits are a linear function of the channels' means.
Network linear_network(int64_t size = 4) {
  GraphBuilder graph({3, size, size});
  return finished(graph, graph.image(), 5);
}

at::Tensor weight(const Network& network, const std::string& name) {
  return network.parameters().at(name + ".weight").detach().to(at::kDouble).flatten(1);
}

Batch random_batch(int64_t count, int64_t size) {
  common::RandomStream random({.seed = 1, .purpose = "scores_test"});
  Batch batch{.images = at::empty({count, 3, size, size}),
              .targets = at::arange(count, at::kLong) % 5};
  auto* data = batch.images.data_ptr<float>();
  for (int64_t i = 0; i < batch.images.numel(); ++i) data[i] = static_cast<float>(random.normal());
  return batch;
}

// What jacob_cov makes of eigenvalues.
double jacob_cov_of(const std::vector<double>& eigenvalues) {
  double sum = 0;
  for (const double value : eigenvalues) sum -= std::log(value + 1e-5) + 1 / (value + 1e-5);
  return sum;
}

TEST_CASE("synflow: every layer of a chain carries the whole flow", "[child_trainer]") {
  GraphBuilder graph({3, 3, 3});
  int x = graph.conv2d(
      "first", graph.image(),
      {.channels = 4, .kernel_h = 3, .kernel_w = 3, .same_padding = false, .bias = true});
  x = graph.conv2d("second", graph.relu(x), {.channels = 6});
  Network network = finished(graph, x, 2);
  // R is the sum over all paths of the products of their weights.
  const at::Tensor into = weight(network, "first").abs().sum(1, true);
  const double flow = weight(network, "classifier")
                          .abs()
                          .mm(weight(network, "second").abs())
                          .mm(into)
                          .sum()
                          .item<double>();
  CHECK_THAT(score_of("synflow", network), WithinRel(std::log1p(3 * flow), 1e-12));
}

TEST_CASE("synflow: batch norms are left out", "[child_trainer]") {
  GraphBuilder graph({3, 4, 4});
  Network network = finished(
      graph, graph.batch_norm("bn", graph.conv2d("conv", graph.image(), {.channels = 6})), 2);
  const at::Tensor into = weight(network, "conv").abs().sum(1, true);
  const double flow = weight(network, "classifier").abs().mm(into).sum().item<double>();
  CHECK_THAT(score_of("synflow", network), WithinRel(std::log1p(2 * flow), 1e-5));
}

TEST_CASE("synflow: a deep network's flow does not overflow", "[child_trainer]") {
  GraphBuilder graph({3, 2, 2});
  int x = graph.image();
  for (int i = 0; i < 60; ++i) x = graph.conv2d("conv" + std::to_string(i), x, {.channels = 128});
  Network network = finished(graph, x, 2);
  CHECK(score_of("synflow", network) > std::log(1e60));
}

TEST_CASE("grad-norm and snip: a linear layer's gradient by hand", "[child_trainer]") {
  Network network = linear_network();
  const Batch batch = random_batch(6, 4);
  const at::Tensor means = batch.images.to(at::kDouble).mean({2, 3}, false);  // [6, 3]
  const at::Tensor weights = weight(network, "classifier");                   // [5, 3]
  const at::Tensor error = at::softmax(means.mm(weights.t()), 1) - at::one_hot(batch.targets, 5);
  const at::Tensor gradient = error.t().mm(means) / 6;
  CHECK_THAT(score_of("grad-norm", network, batch),
             WithinRel(gradient.norm().item<double>(), 1e-5));
  CHECK_THAT(score_of("snip", network, batch),
             WithinRel((gradient * weights).abs().sum().item<double>(), 1e-5));
}

TEST_CASE("grad-norm and snip: layers are summed, batch norms and biases are not layers",
          "[child_trainer]") {
  Network network(small_graph(4), at::kCPU, {.seed = 1});
  Batch batch = random_batch(6, 4);
  batch.targets = batch.targets % 4;
  at::cross_entropy_loss(network.forward(batch.images, {.training = true}).logits, batch.targets)
      .backward();
  double norms = 0;
  double products = 0;
  for (const std::string name : {"conv.weight", "classifier.weight"}) {
    const at::Tensor& tensor = network.parameters().at(name);
    norms += tensor.grad().norm().item<double>();
    products += (tensor.grad() * tensor.detach()).abs().sum().item<double>();
  }
  CHECK_THAT(score_of("grad-norm", network, batch), WithinRel(norms, 1e-5));
  CHECK_THAT(score_of("snip", network, batch), WithinRel(products, 1e-5));
}

TEST_CASE("jacob_cov: a linear network answers all images alike", "[child_trainer]") {
  Network network = linear_network();
  CHECK_THAT(score_of("jacob_cov", network, random_batch(4, 4)),
             WithinRel(jacob_cov_of({4, 0, 0, 0}), 1e-6));
}

TEST_CASE("jacob_cov: two images, their correlation by hand", "[child_trainer]") {
  GraphBuilder graph({3, 4, 4});
  Network network = finished(graph, graph.relu(graph.image()), 5);
  const Batch batch = random_batch(2, 4);
  // A pixel that is on answers with its channel's weights.
  const at::Tensor channels = weight(network, "classifier").sum(0).view({1, 3, 1, 1}) / 16;
  const at::Tensor jacobian = ((batch.images > 0).to(at::kDouble) * channels).flatten(1);
  const at::Tensor centred = jacobian - jacobian.mean(1, true);
  const at::Tensor unit = centred / centred.norm(2, 1, true);
  const double r = unit.mm(unit.t())[0][1].item<double>();
  CHECK_THAT(score_of("jacob_cov", network, batch), WithinRel(jacob_cov_of({1 + r, 1 - r}), 1e-5));
}

// ReLUs see the images themselves.
Network relu_network() {
  GraphBuilder graph({3, 2, 2});
  return finished(graph, graph.relu(graph.image()), 5);
}

TEST_CASE("naswot: the kernel counts the ReLUs that agree", "[child_trainer]") {
  Network network = relu_network();
  const at::Tensor images = at::ones({2, 3, 2, 2});
  images[1].view({12}).slice(0, 0, 5).fill_(-1);  // 7 of 12 agree
  CHECK_THAT(score_of("naswot", network, {.images = images, .targets = {}}),
             WithinRel(std::log(13.0 * 13.0 - 7.0 * 7.0), 1e-12));
}

TEST_CASE("naswot: images that agree in all leave the identity", "[child_trainer]") {
  Network network = relu_network();
  CHECK_THAT(score_of("naswot", network, {.images = at::ones({3, 3, 2, 2}), .targets = {}}),
             WithinRel(std::log(1 + 3 * 12.0), 1e-12));
}

TEST_CASE("zen: the change of normal noise", "[child_trainer]") {
  Network network = linear_network(8);
  // A normal vector of n components is about sqrt(n) long.
  CHECK_THAT(score_of("zen", network), WithinAbs(std::log(0.01 * std::sqrt(3.0 * 64)), 0.05));
}

TEST_CASE("zen: what a batch norm takes away is given back", "[child_trainer]") {
  GraphBuilder graph({3, 8, 8});
  const int convolved = graph.conv2d("conv", graph.image(), {.channels = 6});
  Network network = finished(graph, graph.batch_norm("bn", convolved), 5);
  // Weights of mean square 1 give three inputs of variance 1 a variance of 3.
  const double expected = std::log(0.01 * std::sqrt(6.0 * 64)) + 0.5 * std::log(3.0);
  CHECK_THAT(score_of("zen", network), WithinAbs(expected, 0.05));
  const at::NoGradGuard no_grad;
  network.parameters().at("conv.weight").mul_(7);
  CHECK_THAT(score_of("zen", network), WithinAbs(expected, 0.05));
}

TEST_CASE("parameters and multiply-adds: those of the graph", "[child_trainer]") {
  const auto graph = search_space::build_network(
      search_space::find_architecture("nasnet-a"),
      {.input_size = 16, .classes = 7, .cells = 1, .filters = 4, .auxiliary = true});
  Network network(graph, at::kCPU, {});
  int64_t count = 0;
  for (const auto& [name, tensor] : network.state(false)) {
    if (network.parameters().count(name) > 0) count += tensor.numel();
  }
  CHECK(score_of("parameters", network) == static_cast<double>(count));
  CHECK(score_of("multiply-adds", network) ==
        static_cast<double>(search_space::cost_of(graph).multiply_adds));
  Network linear = linear_network();
  CHECK(score_of("parameters", linear) == 20);
  CHECK(score_of("multiply-adds", linear) == 15);
}

TEST_CASE("network: an observer sees what every node reads and makes", "[child_trainer]") {
  Network network(every_primitive(), at::kCPU, {.seed = 1});
  const auto& nodes = network.graph().nodes;
  for (const bool training : {true, false}) {
    size_t seen = 0;
    const auto observe = [&](const search_space::Node& node, const std::vector<at::Tensor>& inputs,
                             const at::Tensor& output) {
      ++seen;
      REQUIRE(inputs.size() == node.inputs.size());
      for (size_t i = 0; i < inputs.size(); ++i) {
        const auto& shape = nodes[static_cast<size_t>(node.inputs[i])].shape;
        CHECK(inputs[i].numel() == 2 * shape.count());
      }
      CHECK(output.numel() == 2 * node.shape.count());
      CHECK((training || !node.auxiliary));
    };
    network.forward(at::ones({2, 3, 9, 9}), {.training = training, .observe = observe});
    size_t auxiliary = 0;
    for (const auto& node : nodes) auxiliary += node.auxiliary ? 1 : 0;
    CHECK(auxiliary > 0);
    CHECK(seen == nodes.size() - 1 - (training ? 0 : auxiliary));
  }
}

}  // namespace
}  // namespace nas::child_trainer
