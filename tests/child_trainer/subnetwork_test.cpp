// A network out of a supernet is the network alone, to the bit.
#include "child_trainer/supernet/subnetwork.h"

#include <ATen/core/grad_mode.h>

#include <catch2/catch_test_macros.hpp>

#include "child_trainer/loss.h"
#include "search_space/network_family.h"
#include "tests/child_trainer/supernets.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using search_space::Architecture;
using search_space::NetworkOptions;

const NetworkOptions kSmall{.input_size = kSide, .classes = 4, .cells = 1, .filters = 4};

void train_step(WeightBank& bank, const search_space::NetworkGraph& graph,
                const TrainSettings& settings) {
  Subnetwork path(bank, graph, settings);
  const Scores scores = path.network().forward(test_images(8), {.training = true});
  const at::Tensor targets = at::arange(8, at::kLong).remainder(4);
  loss_of(scores.logits, targets).backward();
  path.step(0.1);
}

at::Tensor logits_of(Network& network) {
  const at::NoGradGuard no_grad;
  return network.forward(test_images(), {.training = false}).logits;
}

TEST_CASE("subnetwork: its logits are those of the same weights in a network alone",
          "[child_trainer]") {
  set_threads(1);
  const tests::TempDir dir;
  for (const auto& [name, entry] : common::Registry<search_space::SpacePlugin>::entries()) {
    if (entry.plugin.of_settings) continue;
    const auto space = entry.plugin.make();
    for (const std::string kernels : {"auto", "torch"}) {
      const TrainSettings settings = supernet_settings(kernels);
      WeightBank bank(kCpu, 1);
      for (uint64_t seed = 0; seed < 4; ++seed)  // weights that training has changed
        train_step(bank, build_network(random_architecture(*space, seed), kSmall), settings);
      for (uint64_t seed = 0; seed < 6; ++seed) {
        CAPTURE(name, kernels, seed);
        const auto graph = build_network(random_architecture(*space, seed), kSmall);
        Subnetwork path(bank, graph, settings);
        {
          const at::NoGradGuard no_grad;  // statistics other than 0 and 1
          path.network().forward(test_images(16), {.training = true});
        }
        common::TensorFile file;
        file.tensors = store_tensors(path.network().state(true));
        common::write_safetensors(dir.path() / "weights.safetensors", file);
        Network alone(graph, kCpu, {.seed = 99});
        alone.use_kernels(kernels == "auto");
        copy_into(alone.state(true),
                  common::read_safetensors(dir.path() / "weights.safetensors").tensors, "test");
        const at::Tensor logits = logits_of(path.network());
        CHECK(at::isfinite(logits).all().item<bool>());
        CHECK(at::equal(logits, logits_of(alone)));
      }
    }
  }
}

TEST_CASE("subnetwork: a step changes the weights of its path and no others", "[child_trainer]") {
  set_threads(1);
  const auto graph_of = [](const std::string& text) {
    return build_network(search_space::find_architecture(text), kSmall);
  };
  const auto one =
      graph_of("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|");
  const auto other =
      graph_of("|nor_conv_1x1~0|+|none~0|nor_conv_1x1~1|+|none~0|none~1|skip_connect~2|");
  WeightBank bank(kCpu, 1);
  const Subnetwork looked_at(bank, other, {});
  CHECK(bank.state().empty());  // what was never trained is no state
  CHECK(bank.parameters() == 0);
  train_step(bank, one, supernet_settings());
  train_step(bank, other, supernet_settings());
  NamedTensors before;
  for (const auto& [name, tensor] : bank.state()) before[name] = tensor.detach().clone();
  train_step(bank, one, supernet_settings());
  int changed = 0;
  int of_other = 0;
  for (const auto& [name, tensor] : bank.state()) {
    CAPTURE(name);
    const bool same = at::equal(before.at(name), tensor);
    changed += same ? 0 : 1;
    if (name.find("node0.from0.nor_conv_1x1") == std::string::npos) continue;
    ++of_other;
    CHECK(same);
  }
  CHECK(of_other == 2 * 3 * 3);  // weight, bias and convolution in three cells, with momenta
  CHECK(changed > 20);
}

TEST_CASE("subnetwork: slices learn as the whole would", "[child_trainer]") {
  set_threads(1);
  // Of one architecture alone, a supernet is trained as its network is.
  const auto space = space_named("nasnet");
  const auto graph = build_network(random_architecture(*space, 11), kSmall);
  const TrainSettings settings = supernet_settings();
  WeightBank bank(kCpu, 5);
  Network alone(graph, kCpu, {.seed = 99});
  copy_into(alone.parameters(),
            store_tensors(Subnetwork(bank, graph, settings).network().parameters()), "test");
  Optimizer optimizer(alone, settings);
  for (int step = 0; step < 3; ++step) {
    train_step(bank, graph, settings);
    const Scores scores = alone.forward(test_images(8), {.training = true});
    loss_of(scores.logits, at::arange(8, at::kLong).remainder(4)).backward();
    optimizer.step(0.1);
  }
  Subnetwork trained(bank, graph, settings);
  for (const auto& [name, tensor] : trained.network().parameters()) {
    CAPTURE(name);
    CHECK(at::allclose(tensor, alone.parameters().at(name), 1e-4, 1e-5));
  }
}

TEST_CASE("subnetwork: a mixture that has made its choice is the network chosen",
          "[child_trainer]") {
  set_threads(1);
  const auto mixture = space_named("nasbench201")->mixture().value();
  NetworkOptions options = kSmall;
  for (const int64_t partial : {int64_t{1}, int64_t{2}}) {
    options.mixture = search_space::MixtureOptions{.partial_channels = partial};
    for (const std::string kernels : {"auto", "torch"}) {
      CAPTURE(partial, kernels);
      const TrainSettings settings = supernet_settings(kernels);
      WeightBank bank(kCpu, 1);
      Subnetwork whole(bank, build_network(mixture.dense, options), settings);
      const Architecture chosen = search_space::find_architecture(
          "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+"
          "|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|");
      for (const auto& node : whole.network().graph().nodes) {
        if (node.kind != search_space::Primitive::kWeightedSum) continue;
        const at::Tensor weights = whole.network().buffers().at(node.buffers[0].name);
        if (node.name.ends_with(".edges")) {
          weights.fill_(1.0);
          continue;
        }
        weights.zero_();
        for (size_t i = 0; i < node.inputs.size(); ++i) {
          // The input is the chosen operation's, or for skip_connect the state itself.
          const auto place = search_space::mixture_place(node.name);
          const int to = place[std::string("normal.node").size()] - '0';
          const int from = place.back() - '0';
          const auto& edges = chosen.cells.at("normal").nodes.at(static_cast<size_t>(to)).edges;
          const auto& op = edges.at(static_cast<size_t>(from)).op;
          const std::vector<std::string> real = {"skip_connect", "nor_conv_1x1", "nor_conv_3x3",
                                                 "avg_pool_3x3"};
          if (real[i] == op) weights[static_cast<int64_t>(i)] = 1.0;
        }
      }
      Subnetwork alone(bank, build_network(chosen, options), settings);
      const at::Tensor mixed = logits_of(whole.network());
      const at::Tensor chosen_alone = logits_of(alone.network());
      // The kernels put a batch norm behind the mean of a pool that reads it, but where others read
      // it too, before.
      if (kernels == "auto")
        CHECK(at::allclose(mixed, chosen_alone, 1e-5, 1e-5));
      else
        CHECK(at::equal(mixed, chosen_alone));
    }
  }
}

}  // namespace
}  // namespace nas::child_trainer
