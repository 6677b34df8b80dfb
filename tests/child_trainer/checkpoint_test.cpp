#include "child_trainer/checkpoint.h"

#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "common/error.h"
#include "common/file.h"
#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/tensors.h"
#include "tests/support/full_disk.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

constexpr const char* kFile = "checkpoint.safetensors";

// A network and its optimiser after `steps` steps.
struct Training {
  explicit Training(uint64_t seed, int steps = 0,
                    const search_space::NetworkGraph& graph = every_primitive())
      : network(graph, kCpu, {.seed = seed}), optimizer(network, TrainSettings()) {
    const auto& shape = graph.nodes[0].shape;
    const at::Tensor images = at::ones({4, shape.channels, shape.height, shape.width});
    for (int i = 0; i < steps; ++i) {
      const Scores scores = network.forward(images * (i + 1), {.training = true});
      at::Tensor loss = (scores.logits - 1.0).square().sum();
      if (scores.auxiliary.defined()) loss = loss + scores.auxiliary.square().sum();
      loss.backward();
      optimizer.step(0.1);
    }
  }
  Network network;
  Optimizer optimizer;
};

const Progress kProgress{.epoch = 3,
                         .step = 17,
                         .loss_sum = 0.1 + 0.2,
                         .correct_sum = 41,
                         .seconds = 1.0 / 3,
                         .last = {{"epoch", 3}, {"valid_accuracy", 0.7}}};

TEST_CASE("checkpoint: weights, statistics, momentum and progress come back", "[child_trainer]") {
  const tests::TempDir folder;
  const Training saved(1, 3);
  save_checkpoint(folder.path(), saved.network, saved.optimizer, kProgress, "mine");

  Training other(2);
  REQUIRE_FALSE(same(saved.network.state(true), other.network.state(true)));
  const auto progress = load_checkpoint(folder.path(), other.network, other.optimizer, "mine");
  REQUIRE(progress.has_value());
  CHECK(same(saved.network.state(true), other.network.state(true)));
  CHECK(same(saved.optimizer.momentum(), other.optimizer.momentum()));
  CHECK(progress->epoch == kProgress.epoch);
  CHECK(progress->step == kProgress.step);
  CHECK(progress->loss_sum == kProgress.loss_sum);
  CHECK(progress->correct_sum == kProgress.correct_sum);
  CHECK(progress->seconds == kProgress.seconds);
  CHECK(progress->last.dump() == kProgress.last.dump());
}

TEST_CASE("checkpoint: none, or one of something else, is not taken", "[child_trainer]") {
  const tests::TempDir folder;
  Training training(1, 1);
  CHECK_FALSE(
      load_checkpoint(folder.path(), training.network, training.optimizer, "mine").has_value());

  const Training saved(2, 2);
  save_checkpoint(folder.path(), saved.network, saved.optimizer, kProgress, "another");
  const Training before(1, 1);
  CHECK_FALSE(
      load_checkpoint(folder.path(), training.network, training.optimizer, "mine").has_value());
  CHECK(same(before.network.state(true), training.network.state(true)));

  remove_checkpoint(folder.path());
  CHECK_FALSE(std::filesystem::exists(folder.path() / kFile));
  remove_checkpoint(folder.path());  // nothing there is no error
}

TEST_CASE("checkpoint: a damaged file is an error", "[child_trainer]") {
  const tests::TempDir folder;
  Training training(1, 1);
  save_checkpoint(folder.path(), training.network, training.optimizer, kProgress, "mine");
  const auto file = folder.path() / kFile;
  const auto size = std::filesystem::file_size(file);
  const auto load = [&] {
    return load_checkpoint(folder.path(), training.network, training.optimizer, "mine");
  };
  REQUIRE(load().has_value());
  for (const auto kept :
       {size - 1, size / 2, std::uintmax_t{20}, std::uintmax_t{3}, std::uintmax_t{0}}) {
    CAPTURE(kept);
    std::filesystem::resize_file(file, kept);
    CHECK_THROWS_AS(load(), common::DataError);
  }
  common::write_file_atomically(file, "this is not a checkpoint, whatever its name says");
  CHECK_THROWS_AS(load(), common::DataError);
}

TEST_CASE("checkpoint: one of another network is an error", "[child_trainer]") {
  const tests::TempDir folder;
  Training training(1, 1);
  save_checkpoint(folder.path(), training.network, training.optimizer, kProgress, "mine");
  Training other(1, 0, small_graph());
  CHECK_THROWS_AS(load_checkpoint(folder.path(), other.network, other.optimizer, "mine"),
                  common::DataError);
}

TEST_CASE("checkpoint: a full disk leaves the old one", "[child_trainer]") {
  const tests::TempDir folder;
  Training training(1, 1);
  save_checkpoint(folder.path(), training.network, training.optimizer, kProgress, "mine");
  const std::string before = common::sha256_of_file(folder.path() / kFile);
  const Training next(1, 2);
  {
    const tests::FullDisk full(1000);
    CHECK_THROWS_AS(save_checkpoint(folder.path(), next.network, next.optimizer, kProgress, "mine"),
                    common::SystemError);
  }
  CHECK(common::sha256_of_file(folder.path() / kFile) == before);
  const std::filesystem::directory_iterator files(folder.path());
  CHECK(std::distance(begin(files), end(files)) == 1);
}

}  // namespace
}  // namespace nas::child_trainer
