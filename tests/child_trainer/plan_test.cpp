#include "child_trainer/plan.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>

#include "child_trainer/network.h"
#include "common/error.h"
#include "search_space/network_family.h"
#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/tensors.h"
#include "tests/support/spaces.h"

namespace nas::child_trainer {
namespace {

using search_space::NetworkGraph;
using search_space::NetworkOptions;

at::Tensor images_of(const NetworkGraph& graph, int64_t count) {
  common::RandomStream random({.seed = 3, .purpose = "plan_test"});
  const auto& shape = graph.nodes[0].shape;
  at::Tensor images = at::empty({count, shape.channels, shape.height, shape.width});
  for (int64_t i = 0; i < images.numel(); ++i)
    images.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return images.contiguous(at::MemoryFormat::ChannelsLast);
}

struct Result {
  at::Tensor logits, auxiliary;
  NamedTensors gradients, buffers;
  at::Tensor evaluated;
};

enum class By { kKernels, kTorch, kTorchInDouble };

Result run(const NetworkGraph& graph, By by, int64_t count, const Pass& pass) {
  Network network(graph, kCpu, {.seed = 1});
  network.use_kernels(by == By::kKernels);
  if (by == By::kTorchInDouble) network.to_double();
  at::Tensor images = images_of(graph, count);
  if (by == By::kTorchInDouble) images = images.to(at::kDouble);
  const Scores scores = network.forward(images, pass);
  // A loss whose gradient is not the same for all.
  const auto loss_of = [](const at::Tensor& x) {
    const at::Tensor weights = at::arange(x.numel()).to(x.scalar_type()).view_as(x).sin();
    return (x * weights).sum() + 0.1 * (x * x).sum();
  };
  at::Tensor loss = loss_of(scores.logits);
  if (scores.auxiliary.defined()) loss = loss + loss_of(scores.auxiliary);
  loss.backward();
  Result result{.logits = scores.logits.detach().to(at::kDouble)};
  if (scores.auxiliary.defined()) result.auxiliary = scores.auxiliary.detach().to(at::kDouble);
  for (const auto& [name, parameter] : network.parameters()) {
    if (parameter.grad().defined()) result.gradients[name] = parameter.grad().to(at::kDouble);
  }
  for (const auto& [name, buffer] : network.buffers())
    result.buffers[name] = buffer.to(at::kDouble).clone();
  const at::NoGradGuard no_grad;
  result.evaluated = network.forward(images, {.training = false}).logits.to(at::kDouble);
  return result;
}

double error_of(const at::Tensor& value, const at::Tensor& truth) {
  return ((value - truth).norm() / (truth.norm() + 1e-9)).item<double>();
}

// The kernels' error, measured against float64, is of the order of that of LibTorch's own float32
// operators.
void require_equal(const NetworkGraph& graph, int64_t count = 3,
                   const Pass& pass = {.training = true}) {
  const Result truth = run(graph, By::kTorchInDouble, count, pass);
  const Result torch = run(graph, By::kTorch, count, pass);
  const Result ours = run(graph, By::kKernels, count, pass);
  const auto check = [](const std::string& name, const at::Tensor& mine, const at::Tensor& theirs,
                        const at::Tensor& exact) {
    CAPTURE(name, error_of(mine, exact), error_of(theirs, exact));
    CHECK(error_of(mine, exact) <= 8 * error_of(theirs, exact) + 2e-5);
  };
  check("logits", ours.logits, torch.logits, truth.logits);
  if (truth.auxiliary.defined())
    check("auxiliary", ours.auxiliary, torch.auxiliary, truth.auxiliary);
  check("evaluated", ours.evaluated, torch.evaluated, truth.evaluated);
  for (const auto& [name, gradient] : ours.gradients) {
    CAPTURE(name);
    // LibTorch gives none to what the loss does not depend on.
    if (truth.gradients.count(name) == 0)
      CHECK(at::count_nonzero(gradient).item<int64_t>() == 0);
    else
      check(name, gradient, torch.gradients.at(name), truth.gradients.at(name));
  }
  for (const auto& [name, gradient] : truth.gradients) CHECK(ours.gradients.count(name) == 1);
  for (const auto& [name, buffer] : truth.buffers)
    check(name, ours.buffers.at(name), torch.buffers.at(name), buffer);
}

TEST_CASE("plan: all primitives in one graph give what LibTorch gives", "[child_trainer]") {
  require_equal(every_primitive());
  require_equal(every_primitive(), 1);
}

TEST_CASE("plan: the published networks give what LibTorch gives", "[child_trainer]") {
  for (const char* name : {"nasnet-a", "darts-v2", "amoebanet-a",
                           "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|"
                           "nor_conv_1x1~1|nor_conv_3x3~2|"}) {
    CAPTURE(name);
    for (const int64_t filters : {4, 16}) {
      const NetworkOptions options{.input_size = 16, .classes = 7, .cells = 1, .filters = filters};
      require_equal(search_space::build_network(search_space::find_architecture(name), options));
    }
  }
}

TEST_CASE("plan: networks of every space give what LibTorch gives", "[child_trainer]") {
  for (const auto& [name, make] : search_space::spaces_of_networks()) {
    const auto space = make();
    common::RandomStream random({.seed = 12, .purpose = "plan_test"});
    for (const int64_t filters : {4, 16}) {
      const search_space::Choices choices = space->sample(random);
      CAPTURE(name, filters, choices);
      require_equal(search_space::build_network(
          space->architecture(choices),
          {.input_size = 16, .classes = 7, .cells = 1, .filters = filters}));
    }
  }
}

TEST_CASE("plan: what reaches the loss through `none` alone has no gradient", "[child_trainer]") {
  const NetworkOptions options{.input_size = 16, .classes = 7, .cells = 1, .filters = 4};
  for (const char* text : {"|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
                           "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|",
                           "|none~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|"}) {
    CAPTURE(text);
    require_equal(search_space::build_network(search_space::find_architecture(text), options));
  }
  search_space::Architecture nothing = search_space::find_architecture("darts-v2");
  for (const std::string cell : {"normal", "reduction"}) {
    for (auto& edge : nothing.cells[cell].nodes[1].edges) edge.op = "none";
  }
  require_equal(search_space::build_network(nothing, options));
  search_space::GraphBuilder graph({3, 8, 8});
  const auto conv = [&](const char* name, int x) {
    return graph.batch_norm(std::string(name) + "_bn",
                            graph.conv2d(name, x, {.channels = 4, .kernel_h = 3, .kernel_w = 3}));
  };
  const int first = conv("first", graph.image());
  const int lost = conv("lost", first);
  const int kept = conv("kept", graph.relu(first));
  const int sum = graph.add({graph.zeros(lost, graph.shape(lost)), kept});
  require_equal(graph.finish(graph.linear("l", graph.global_avg_pool(sum), 3), std::nullopt, 3));
}

TEST_CASE("plan: results and dropped-out values keep their place", "[child_trainer]") {
  search_space::GraphBuilder graph({3, 8, 8});
  int x = graph.relu_conv_bn("a", graph.image(), {.channels = 8, .kernel_h = 3, .kernel_w = 3});
  const int y = graph.relu_conv_bn("b", x, {.channels = 8, .kernel_h = 3, .kernel_w = 3});
  x = graph.dropout(graph.add({x, y}), 0.3);
  x = graph.relu_conv_bn("c", x, {.channels = 8, .kernel_h = 3, .kernel_w = 3});
  const int logits = graph.conv2d("logits", graph.global_avg_pool(x), {.channels = 3});
  graph.set_auxiliary(true);
  const int wide = graph.relu_conv_bn("auxiliary.conv", x, {.channels = 32});
  const int auxiliary = graph.linear("auxiliary.l", graph.global_avg_pool(wide), 3);
  graph.set_auxiliary(false);
  const auto network = graph.finish(logits, auxiliary, 3);
  Network network_by_kernels(network, kCpu, {.seed = 1});
  Network by_torch(network, kCpu, {.seed = 1});
  by_torch.use_kernels(false);
  const at::Tensor images = images_of(network, 5);
  const at::NoGradGuard no_grad;
  for (const bool training : {true, false}) {
    const Pass pass{.training = training};
    const at::Tensor mine = network_by_kernels.forward(images, pass).logits.flatten(1);
    CHECK(at::allclose(mine, by_torch.forward(images, pass).logits.flatten(1), 1e-4, 1e-5));
  }
}

TEST_CASE("plan: images of another shape are refused", "[child_trainer]") {
  Network network(small_graph(8), kCpu, {.seed = 1});
  CHECK_THROWS_AS(network.forward(at::zeros({2, 3, 7, 8}), {.training = true}),
                  common::InternalError);
}

}  // namespace
}  // namespace nas::child_trainer
