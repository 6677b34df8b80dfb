// Training of shared weights: it learns, goes on bit for bit, and answers without changing.
#include <ATen/core/grad_mode.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include "child_trainer/loss.h"
#include "common/error.h"
#include "search_space/collapse.h"
#include "tests/child_trainer/supernets.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using tests::TempDir;

// Asked to stop after so many steps.
TrainHooks stop_after(int64_t steps) {
  TrainHooks hooks;
  hooks.should_stop = [left = std::make_shared<int64_t>(steps)] { return (*left)-- <= 0; };
  return hooks;
}

using Maker = std::function<std::unique_ptr<Supernet>(const std::filesystem::path&)>;

const std::vector<std::pair<std::string, Maker>>& kinds() {
  static const std::vector<std::pair<std::string, Maker>> all = {
      {"paths", [](const auto& folder) { return path_supernet(folder); }},
      {"paths of nasnet", [](const auto& folder) { return path_supernet(folder, "nasnet"); }},
      {"mixture", [](const auto& folder) { return mixture_supernet(folder); }},
      {"second order",
       [](const auto& folder) { return mixture_supernet(folder, {.second_order = true}); }},
      {"partial channels", [](const auto& folder) {
         return mixture_supernet(folder, {.warmup_epochs = 1, .partial_channels = 2});
       }}};
  return all;
}

double accuracy(Supernet& supernet, const std::string& architecture) {
  const auto network = supernet.subnetwork(search_space::find_architecture(architecture));
  return supernet.evaluate(*network, 0, {}).accuracy;
}

constexpr const char* kStrong =
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
    "|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|";

TEST_CASE("supernet: stopped anywhere and continued, it ends with the same bits",
          "[child_trainer]") {
  for (const auto& [name, make] : kinds()) {
    CAPTURE(name);
    const TempDir whole;
    CHECK(make(whole.path())->train_until(2, {}).state == TrainState::kFinished);
    for (const int64_t steps : {int64_t{1}, int64_t{3}, int64_t{5}}) {
      CAPTURE(steps);
      const TempDir parts;
      CHECK(make(parts.path())->train_until(2, stop_after(steps)).state == TrainState::kStopped);
      const auto again = make(parts.path());
      CHECK(again->epochs_done() == steps / 3);  // of three steps an epoch
      CHECK(again->train_until(2, {}).state == TrainState::kFinished);
      check_same_checkpoint(parts.path(), whole.path());
    }
  }
}

TEST_CASE("supernet: what is asked of it does not change it", "[child_trainer]") {
  for (const auto& [name, make] : kinds()) {
    if (name == "paths of nasnet") continue;  // its architectures are others
    CAPTURE(name);
    const TempDir asked;
    const auto supernet = make(asked.path());
    supernet->train_until(1, {});
    const double first = accuracy(*supernet, kStrong);
    accuracy(*supernet, "|avg_pool_3x3~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|");
    CHECK(accuracy(*supernet, kStrong) == first);
    supernet->train_until(2, {});
    const TempDir left_alone;
    make(left_alone.path())->train_until(2, {});
    check_same_checkpoint(asked.path(), left_alone.path());
    // A fresh process sees what the warm one saw.
    CHECK(accuracy(*make(asked.path()), kStrong) == accuracy(*supernet, kStrong));
  }
}

TEST_CASE("supernet: its networks learn", "[child_trainer]") {
  const TempDir dir;
  SupernetJob job = supernet_job(dir.path());
  job.settings.epochs = 40;
  set_threads(1);
  const auto space = space_named("nasbench201");
  PathSupernet supernet(training_set(), kCpu, job, [&](int64_t epoch, int64_t step, int64_t) {
    return random_architecture(*space, static_cast<uint64_t>(100 * epoch + step));
  });
  supernet.restore();
  supernet.train_until(40, {});
  CHECK(accuracy(supernet, kStrong) > 0.7);  // of four classes
  // One that computes nothing cannot: only the residual blocks see the image.
  const auto lines =
      common::split(common::trim(common::read_file(dir.path() / "metrics.jsonl")), '\n');
  CHECK(lines.size() == 40);
  const auto loss = [&](size_t line) {
    return common::parse_json(lines[line], "metrics").at("train_loss").get<double>();
  };
  CHECK(loss(39) < 0.8 * loss(0));
}

TEST_CASE("supernet: rewards on a part of the held-out images are drawn by their key",
          "[child_trainer]") {
  const TempDir dir;
  const auto supernet = path_supernet(dir.path());
  supernet->train_until(1, {});
  const auto network = supernet->subnetwork(search_space::find_architecture(kStrong));
  const auto loss = [&](uint64_t trial) {
    return supernet->evaluate(*network, 8, {.seed = 1, .trial = trial}).log_loss;
  };
  CHECK(loss(1) == loss(1));
  CHECK(loss(1) != loss(2));
  CHECK(supernet->evaluate(*network, 8, {}).images == 8);
  CHECK(supernet->evaluate(*network, 0, {}).images == 24);
}

TEST_CASE("supernet: a training that diverges says so, another's checkpoint is refused",
          "[child_trainer]") {
  const TempDir dir;
  SupernetJob job = supernet_job(dir.path());
  job.settings.learning_rate = 1e30;
  job.settings.clip = 0;
  set_threads(1);
  PathSupernet supernet(training_set(), kCpu, job, [](int64_t, int64_t, int64_t) {
    return search_space::find_architecture(kStrong);
  });
  supernet.restore();
  CHECK(supernet.train_until(2, {}).state == TrainState::kNotANumber);
  path_supernet(dir.path())->train_until(1, {});
  job.seed = 4;
  PathSupernet other(training_set(), kCpu, job, [](int64_t, int64_t, int64_t) {
    return search_space::find_architecture(kStrong);
  });
  CHECK_THROWS_AS(other.restore(), common::ConfigError);
}

TEST_CASE("mixture weights: their gradients are those of finite differences", "[child_trainer]") {
  set_threads(1);
  const auto mixture = space_named("nasbench201")->mixture().value();
  for (const int64_t partial : {int64_t{1}, int64_t{2}}) {
    CAPTURE(partial);
    const search_space::NetworkOptions options{
        .input_size = kSide,
        .classes = 4,
        .cells = 1,
        .filters = 4,
        .mixture = search_space::MixtureOptions{.partial_channels = partial}};
    Network network(search_space::build_network(mixture.dense, options), kCpu, {.seed = 7});
    network.to_double();
    const MixtureWeights weights(mixture, {.partial_channels = partial}, 5, network);
    const at::Tensor images = test_images(6).to(at::kDouble);
    const at::Tensor targets = at::arange(6, at::kLong).remainder(4);
    const auto loss = [&] {
      weights.write();
      return loss_of(network.forward(images, {.training = true}).logits, targets);
    };
    loss().backward();
    const auto gradients = weights.take_gradients();
    const auto check = [&](const at::Tensor& values, const at::Tensor& gradient) {
      const at::NoGradGuard no_grad;
      for (const int64_t i : {int64_t{0}, int64_t{3}, values.numel() - 1}) {
        constexpr double kStep = 1e-3;  // of float32 values
        at::Tensor place = values.view({-1})[i];
        const double before = place.item<double>();
        place.fill_(before + kStep);
        const double above = loss().item<double>();
        place.fill_(before - kStep);
        const double below = loss().item<double>();
        place.fill_(before);
        // Some ReLUs bend within the step.
        const double difference = (above - below) / (2 * kStep);
        CHECK_THAT(gradient.view({-1})[i].item<double>(),
                   WithinAbs(difference, 2e-4) || WithinRel(difference, 0.02));
      }
    };
    const NamedTensors state = weights.state();
    check(state.at("alpha"), gradients.alpha);
    if (partial > 1) check(state.at("beta"), gradients.beta);
  }
}

TEST_CASE("mixture weights: kernels and LibTorch's operators give the same gradients",
          "[child_trainer]") {
  set_threads(1);
  const auto mixture = space_named("nasbench201")->mixture().value();
  const search_space::NetworkOptions options{.input_size = kSide,
                                             .classes = 4,
                                             .cells = 1,
                                             .filters = 8,
                                             .mixture = search_space::MixtureOptions{}};
  const auto gradient = [&](bool kernels) {
    Network network(search_space::build_network(mixture.dense, options), kCpu, {.seed = 2});
    network.use_kernels(kernels);
    const MixtureWeights weights(mixture, {}, 5, network);
    const auto scores = network.forward(test_images(16), {.training = true});
    loss_of(scores.logits, at::arange(16, at::kLong).remainder(4)).backward();
    return weights.take_gradients().alpha;
  };
  const at::Tensor ours = gradient(true);
  CHECK(ours.abs().max().item<float>() > 0);
  CHECK(at::allclose(ours, gradient(false), 1e-3, 1e-6));
}

TEST_CASE("mixture supernet: a planted preference is derived, and a collapse told of",
          "[child_trainer]") {
  const TempDir dir;
  const auto supernet = mixture_supernet(dir.path());
  // skip_connect is the second of the operations.
  supernet->weights().state().at("alpha").zero_().select(1, 1).fill_(5.0);
  const auto derived = supernet->mixture().derive(supernet->weights().values());
  CHECK(search_space::to_nasbench201_text(derived) ==
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|+"
        "|skip_connect~0|skip_connect~1|skip_connect~2|");
  CHECK(search_space::collapse_of(derived).collapsed);
  supernet->train_until(1, {});
  const auto line =
      common::parse_json(common::trim(common::read_file(dir.path() / "metrics.jsonl")), "metrics");
  CHECK(line.at("without_weights").get<int>() == 6);
  CHECK(line.at("edges").get<int>() == 6);
  CHECK(supernet->weights().entropy() < 0.5);
}

TEST_CASE("mixture supernet: the second order is the derivative of a step ahead",
          "[child_trainer]") {
  // With a learning rate of 0 the step leads nowhere, and both orders are the same.
  const auto alpha_after = [](const MixtureSettings& settings, double learning_rate) {
    const TempDir dir;
    SupernetJob job = supernet_job(dir.path());
    job.settings.learning_rate = learning_rate;
    set_threads(1);
    MixtureSupernet supernet(training_set(), kCpu, job,
                             space_named("nasbench201")->mixture().value(), settings);
    supernet.restore();
    supernet.train_until(1, {});
    return supernet.weights().state().at("alpha").clone();
  };
  const MixtureSettings first{.learning_rate = 0.01};
  const MixtureSettings second{.learning_rate = 0.01, .second_order = true};
  CHECK(at::allclose(alpha_after(first, 0.0), alpha_after(second, 0.0), 1e-4, 1e-6));
  CHECK_FALSE(at::allclose(alpha_after(first, 0.2), alpha_after(second, 0.2), 1e-4, 1e-6));
}

}  // namespace
}  // namespace nas::child_trainer
