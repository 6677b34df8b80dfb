// Training that computes values anew gives the bits of one that keeps them.
#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "child_trainer/autocast.h"
#include "child_trainer/node_runner.h"
#include "child_trainer/plan_memory.h"
#include "search_space/cost.h"
#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/ranks.h"
#include "tests/child_trainer/trainings.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::ContainsSubstring;
using search_space::NetworkGraph;
using search_space::NetworkOptions;
using tests::TempDir;

const at::Device kHost(at::kCPU);

struct How {
  bool kernels = true;
  bool recompute = false;
  bool bf16 = false;
};

// Scores, gradients and running statistics of three passes that add up, with all masks.
NamedTensors after_three_passes(const NetworkGraph& graph, int64_t images, const How& how) {
  Network network(graph, kHost, {.seed = 1});
  network.use_kernels(how.kernels);
  network.recompute(how.recompute);
  NamedTensors found;
  const auto& shape = graph.nodes[0].shape;
  for (uint64_t pass = 0; pass < 3; ++pass) {
    const at::Tensor batch =
        at::sin(at::arange(images * shape.count(), at::kFloat) * (1.7F + 0.1F * float(pass)))
            .view({images, shape.channels, shape.height, shape.width})
            .contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor loss;
    {
      const Autocast autocast(how.bf16, at::kCPU);
      const Scores scores = network.forward(
          batch, {.training = true, .drop_path = 0.4, .key = {.seed = 5, .epoch = pass}});
      found["logits" + std::to_string(pass)] = scores.logits.detach().clone();
      loss = scores.logits.to(at::kFloat).sin().sum();
      if (scores.auxiliary.defined()) loss = loss + scores.auxiliary.to(at::kFloat).square().sum();
    }
    loss.backward();
  }
  for (const auto& [name, parameter] : network.parameters())
    found["gradient of " + name] = parameter.grad().defined() ? parameter.grad() : at::zeros({});
  for (const auto& [name, buffer] : network.buffers()) found[name] = buffer;
  return found;
}

void require_equal_bits(const NetworkGraph& graph, int64_t images, How how = {}) {
  const NamedTensors kept = after_three_passes(graph, images, how);
  how.recompute = true;
  const NamedTensors recomputed = after_three_passes(graph, images, how);
  REQUIRE(kept.size() == recomputed.size());
  for (const auto& [name, tensor] : kept) {
    CAPTURE(name, how.kernels, how.bf16);
    CHECK(at::equal(tensor, recomputed.at(name)));
    CHECK(tensor.isfinite().all().item<bool>());
  }
}

NetworkGraph network_of(const char* architecture, int64_t cells, bool auxiliary = true) {
  return search_space::build_network(search_space::find_architecture(architecture),
                                     {.input_size = 20,
                                      .classes = 7,
                                      .cells = cells,
                                      .filters = 8,
                                      .auxiliary = auxiliary,
                                      .dropout = 0.3});
}

constexpr const char* kDense =
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|";

TEST_CASE("recompute: the published networks get the same bits", "[child_trainer]") {
  for (const bool kernels : {true, false}) {
    require_equal_bits(network_of("nasnet-a", 2), 3, {.kernels = kernels});
    require_equal_bits(network_of("darts-v2", 1), 3, {.kernels = kernels});
    require_equal_bits(network_of("amoebanet-a", 1), 2, {.kernels = kernels});
    require_equal_bits(network_of(kDense, 3, false), 3, {.kernels = kernels});
  }
}

TEST_CASE("recompute: one image, and any primitive, get the same bits", "[child_trainer]") {
  REQUIRE(fuse(deep_graph(6), true).segments.size() > 2);
  for (const bool kernels : {true, false}) {
    for (const int64_t images : {1, 4})
      require_equal_bits(deep_graph(6), images, {.kernels = kernels});
    require_equal_bits(every_primitive(), 2, {.kernels = kernels});
    require_equal_bits(network_of("nasnet-a", 1, false), 1, {.kernels = kernels});
  }
}

TEST_CASE("recompute: under autocast it gets the same bits", "[child_trainer]") {
  require_equal_bits(deep_graph(6), 3, {.kernels = false, .bf16 = true});
  require_equal_bits(network_of("nasnet-a", 1), 3, {.kernels = false, .bf16 = true});
}

// The statistics of batch norms that LibTorch runs are summed over the ranks a second time.
TEST_CASE("recompute: with statistics over all ranks it gets the same bits", "[child_trainer]") {
  for (const bool kernels : {true, false}) {
    CAPTURE(kernels);
    std::vector<at::Tensor> gradients[2];
    for (const bool recompute : {false, true}) {
      std::vector<at::Tensor> of_ranks(2);
      run_all_ranks(2, [&](TcpCommunicator& communicator) {
        set_threads(1);
        Network network(deep_graph(6), kHost, {.seed = 2});
        network.use_kernels(kernels);
        network.recompute(recompute);
        const int64_t first = 3 * communicator.rank();
        const at::Tensor batch = at::cos(at::arange(first * 243, (first + 3) * 243, at::kFloat))
                                     .view({3, 3, 9, 9})
                                     .contiguous(at::MemoryFormat::ChannelsLast);
        const Scores scores = network.forward(batch, {.training = true,
                                                      .drop_path = 0.4,
                                                      .key = {.seed = 7},
                                                      .first_image = first,
                                                      .synchronise = &communicator});
        (scores.logits.sin().sum() + scores.auxiliary.sin().sum()).backward();
        std::vector<at::Tensor> all;
        for (const auto& [name, parameter] : network.parameters())
          all.push_back(parameter.grad().flatten());
        for (const auto& [name, buffer] : network.buffers()) all.push_back(buffer.flatten());
        of_ranks[static_cast<size_t>(communicator.rank())] = at::cat(all);
      });
      gradients[recompute ? 1 : 0] = of_ranks;
    }
    for (size_t rank = 0; rank < 2; ++rank)
      CHECK(at::equal(gradients[0][rank], gradients[1][rank]));
  }
}

TEST_CASE("recompute: a training may begin without it and end with it", "[child_trainer]") {
  const std::string kernels = GENERATE("auto", "torch");
  const auto job_in = [&](const TempDir& folder, bool recompute) {
    TrainJob job = busy_job(folder.path());
    job.settings.kernels = kernels;
    job.settings.recompute = recompute;
    return job;
  };
  const TempDir whole;
  Trainer without = new_trainer();
  REQUIRE(without.run(job_in(whole, false), {}).state == TrainState::kFinished);

  const TempDir parts;
  Trainer first = new_trainer();
  TrainHooks hooks;
  hooks.should_stop = [left = 4]() mutable { return left-- <= 0; };
  REQUIRE(first.run(job_in(parts, false), hooks).state == TrainState::kStopped);
  Trainer second = new_trainer();
  REQUIRE(second.run(job_in(parts, true), {}).state == TrainState::kFinished);
  CHECK((outcome_of(second, parts.path()) == outcome_of(without, whole.path())));
}

TEST_CASE("recompute: a network of a transfer's size needs a third of the memory",
          "[child_trainer]") {
  const NetworkOptions options{.input_size = 32, .classes = 10, .cells = 4, .filters = 32};
  for (const char* name : {"nasnet-a", "darts-v2", "amoebanet-a", kDense}) {
    CAPTURE(name);
    const auto graph = search_space::build_network(search_space::find_architecture(name), options);
    CHECK(3 * plan_bytes(graph, 64, true) < plan_bytes(graph, 64, false));
    CHECK(recomputed_bytes(graph) < search_space::cost_of(graph).activation_bytes / 2);
  }
}

TEST_CASE("recompute: a plan's text says what is computed anew", "[child_trainer]") {
  const NetworkGraph graph = deep_graph(6);
  const Plan plan = fuse(graph, true);
  const std::string text = plan_text(graph, plan);
  CHECK_THAT(text, ContainsSubstring("# segment 1 of " + std::to_string(plan.segments.size())) &&
                       ContainsSubstring(", recomputed  # block0."));
  CHECK_THAT(plan_text(graph, fuse(graph, false)),
             !ContainsSubstring("segment") && !ContainsSubstring("recomputed"));
}

}  // namespace
}  // namespace nas::child_trainer
