// A training on several ranks is the training on one: losses, resume, stops and failures.
#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "child_trainer/batches.h"
#include "child_trainer/distributed/gradient_reducer.h"
#include "child_trainer/distributed/single_communicator.h"
#include "child_trainer/optimizer.h"
#include "common/error.h"
#include "tests/child_trainer/graphs.h"
#include "tests/child_trainer/ranks.h"
#include "tests/child_trainer/trainings.h"
#include "tests/support/temp_dir.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using tests::TempDir;

// Threads of one process as ranks: each a trainer of its own, on the same job; only rank 0 has a
// folder. Stops before the step `stop_at` of rank `stopping`, unless that is -1.
struct Attempt {
  int64_t ranks = 1;
  int stop_at = -1;
  int64_t stopping = 0;
};

std::vector<TrainResult> train(const TrainJob& job, const Attempt& attempt,
                               std::vector<Outcome>* outcomes = nullptr) {
  std::vector<TrainResult> results(static_cast<size_t>(attempt.ranks));
  std::vector<Outcome> found(static_cast<size_t>(attempt.ranks));
  const auto run = [&](const std::shared_ptr<Communicator>& communicator, int64_t rank) {
    set_threads(1);
    Trainer trainer(training_set(), at::Device(at::kCPU), communicator);
    TrainHooks hooks;
    if (attempt.stop_at >= 0 && rank == attempt.stopping)
      hooks.should_stop = [left = attempt.stop_at]() mutable { return left-- <= 0; };
    TrainJob own = job;
    if (rank != 0) own.folder.clear();
    results[static_cast<size_t>(rank)] = trainer.run(own, hooks);
    for (const auto& [name, tensor] : trainer.network()->state(true))
      found[static_cast<size_t>(rank)].state[name] = tensor.detach().clone();
  };
  if (attempt.ranks == 1) {
    run(nullptr, 0);
  } else {
    auto connections = connected_ranks(attempt.ranks);
    std::vector<std::thread> threads;
    for (int64_t rank = 0; rank < attempt.ranks; ++rank) {
      threads.emplace_back([&, rank] {
        run(std::make_shared<TcpCommunicator>(std::move(connections[static_cast<size_t>(rank)])),
            rank);
      });
    }
    for (auto& thread : threads) thread.join();
  }
  if (outcomes != nullptr) *outcomes = found;
  return results;
}

// All that draws random numbers, and statistics over all ranks.
TrainJob synchronised_job(const std::filesystem::path& folder) {
  TrainJob job = busy_job(folder);
  job.settings.learning_rate = 0.02;
  job.parallel.synchronise_batch_norm = true;
  return job;
}

// The losses of every epoch.
std::vector<double> losses_in(const std::filesystem::path& folder) {
  std::vector<double> losses;
  for (const auto& line : common::split(common::read_file(folder / "metrics.jsonl"), '\n')) {
    if (line.empty()) continue;
    const auto metrics = epoch_metrics_from_json(common::parse_json(line, "metrics.jsonl"));
    losses.push_back(metrics.train_loss);
    losses.push_back(metrics.valid_loss);
  }
  return losses;
}

std::vector<double> losses_of(TrainJob job, const Attempt& attempt) {
  const TempDir folder;
  job.folder = folder.path();
  for (const auto& result : train(job, attempt)) REQUIRE(result.state == TrainState::kFinished);
  return losses_in(folder.path());
}

void check_close(const std::vector<double>& losses, const std::vector<double>& expected) {
  REQUIRE(losses.size() == expected.size());
  REQUIRE_FALSE(losses.empty());
  for (size_t i = 0; i < losses.size(); ++i) {
    CAPTURE(i);
    CHECK_THAT(losses[i], WithinAbs(expected[i], 1e-5));
  }
}

TEST_CASE("parallel: 1, 2, 3 and 4 ranks have the same losses", "[child_trainer]") {
  const auto expected = losses_of(synchronised_job({}), {.ranks = 1});
  for (const int64_t ranks : {2, 3, 4}) {
    CAPTURE(ranks);
    check_close(losses_of(synchronised_job({}), {.ranks = ranks}), expected);
  }
}

// The weights after some steps in float64, where rounding flips no ReLU: what is left is the
// mathematics of sums, statistics and masks.
NamedTensors stepped_in_double(Communicator& communicator) {
  const int64_t batch = 11;
  Network network(every_primitive(), at::Device(at::kCPU), {.seed = 2});
  network.to_double();
  Optimizer optimizer(network, {.clip = 0.5});
  GradientReducer reducer(optimizer.parameters(), communicator, 400);
  const Share share{.rank = communicator.rank(), .ranks = communicator.ranks()};
  const auto [begin, end] = share.of(batch, 0);
  for (int64_t step = 0; step < 8; ++step) {
    const at::Tensor images = at::sin(at::arange(batch * 3 * 9 * 9, at::kDouble) *
                                      (1.7 + 0.1 * static_cast<double>(step)))
                                  .view({batch, 3, 9, 9})
                                  .narrow(0, begin, end - begin)
                                  .contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor targets = at::arange(begin, end, at::kLong).remainder(3);
    const Scores scores = network.forward(
        images, {.training = true,
                 .drop_path = 0.5,
                 .key = {.seed = 7, .epoch = static_cast<uint64_t>(step)},
                 .first_image = begin,
                 .synchronise = communicator.ranks() > 1 ? &communicator : nullptr});
    const at::Tensor loss = at::cross_entropy_loss(scores.logits, targets) +
                            at::cross_entropy_loss(scores.auxiliary, targets);
    reducer.expect();
    (loss * (static_cast<double>(end - begin) / static_cast<double>(batch))).backward();
    reducer.finish();
    optimizer.step(0.1);
  }
  NamedTensors state;
  for (const auto& [name, tensor] : network.state(true)) state[name] = tensor.detach().clone();
  return state;
}

TEST_CASE("parallel: in double precision, the steps of ranks are those of one", "[child_trainer]") {
  SingleCommunicator single;
  const NamedTensors expected = stepped_in_double(single);
  for (const int64_t ranks : {2, 3, 4}) {
    std::vector<NamedTensors> states(static_cast<size_t>(ranks));
    run_all_ranks(ranks, [&](TcpCommunicator& communicator) {
      states[static_cast<size_t>(communicator.rank())] = stepped_in_double(communicator);
    });
    for (const auto& [name, tensor] : expected) {
      CAPTURE(ranks, name);
      CHECK(at::allclose(states[0].at(name), tensor, 1e-9, 1e-9));
      CHECK(at::equal(states.back().at(name), states[0].at(name)));
    }
  }
}

TEST_CASE("parallel: all ranks end with the same bits, and again with them", "[child_trainer]") {
  const TempDir folder;
  std::vector<Outcome> first;
  std::vector<Outcome> second;
  train(busy_job(folder.path() / "first"), {.ranks = 3}, &first);
  train(busy_job(folder.path() / "second"), {.ranks = 3}, &second);
  for (size_t rank = 0; rank < 3; ++rank) {
    CAPTURE(rank);
    CHECK((first[rank] == first[0]));
    CHECK((second[rank] == first[0]));
  }
}

TEST_CASE("parallel: batches in passes have the same losses on any number of ranks",
          "[child_trainer]") {
  TrainJob job = small_job({});
  job.settings.epochs = 1;
  job.parallel.synchronise_batch_norm = true;
  for (const int64_t passes : {2, 3}) {
    CAPTURE(passes);
    job.parallel.accumulate = passes;
    const auto expected = losses_of(job, {.ranks = 1});
    check_close(losses_of(job, {.ranks = 2}), expected);
    check_close(losses_of(job, {.ranks = 4}), expected);
  }
}

TEST_CASE("parallel: stopped by one rank, all stop and another number goes on", "[child_trainer]") {
  const TrainJob plain = synchronised_job({});
  const auto expected = losses_of(plain, {.ranks = 1});
  for (const int stop_at : {0, 3, 6, 8}) {
    CAPTURE(stop_at);
    const TempDir folder;
    TrainJob job = plain;
    job.folder = folder.path();
    for (const auto& result : train(job, {.ranks = 2, .stop_at = stop_at, .stopping = 1}))
      REQUIRE(result.state == TrainState::kStopped);
    REQUIRE(train(job, {.ranks = 1, .stop_at = 1})[0].state == TrainState::kStopped);
    for (const auto& result : train(job, {.ranks = 4}))
      REQUIRE(result.state == TrainState::kFinished);
    check_close(losses_in(folder.path()), expected);
  }
}

TEST_CASE("parallel: a checkpoint is continued with the same bits", "[child_trainer]") {
  const TempDir whole;
  std::vector<Outcome> expected;
  train(synchronised_job(whole.path()), {.ranks = 2}, &expected);
  const TempDir parts;
  const TrainJob job = synchronised_job(parts.path());
  std::vector<Outcome> outcomes;
  train(job, {.ranks = 2, .stop_at = 4});
  train(job, {.ranks = 2}, &outcomes);
  CHECK((outcomes[0] == expected[0]));
  CHECK((outcomes[1] == expected[0]));
}

TEST_CASE("parallel: without synchronised statistics, evaluation uses their mean",
          "[child_trainer]") {
  const TempDir folder;
  std::vector<Outcome> outcomes;
  const auto results = train(small_job(folder.path()), {.ranks = 2}, &outcomes);
  CHECK((outcomes[0] == outcomes[1]));
  CHECK(results[0].last.valid_loss == results[1].last.valid_loss);
  CHECK(results[0].last.train_loss == results[1].last.train_loss);
}

TEST_CASE("parallel: a batch that has fewer images than parts is refused", "[child_trainer]") {
  TrainJob job = small_job({});
  job.settings.batch_size = 3;
  job.parallel.accumulate = 4;
  Trainer trainer = new_trainer();
  CHECK_THROWS_AS(trainer.run(job, {}), common::ConfigError);
}

TEST_CASE("parallel: divergence ends all ranks in the same way", "[child_trainer]") {
  const TempDir folder;
  TrainJob job = small_job(folder.path());
  job.settings.learning_rate = 1e30;
  job.settings.clip = 0;
  job.settings.epochs = 4;
  for (const auto& result : train(job, {.ranks = 2}))
    CHECK(result.state == TrainState::kNotANumber);
}

TEST_CASE("parallel: what one rank throws reaches the others", "[child_trainer]") {
  const TempDir folder;
  auto connections = connected_ranks(2);
  std::vector<std::string> errors(2);
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < 2; ++rank) {
    threads.emplace_back([&, rank] {
      const auto communicator = std::make_shared<TcpCommunicator>(std::move(connections[rank]));
      Trainer trainer(training_set(), at::Device(at::kCPU), communicator);
      TrainHooks hooks;
      if (rank == 1) {
        hooks.should_stop = [left = 2]() mutable -> bool {
          if (left-- <= 0) throw common::DataError({.where = "test", .what = "a fault of its own"});
          return false;
        };
      }
      try {
        trainer.run(small_job(rank == 0 ? folder.path() : std::filesystem::path()), hooks);
      } catch (const std::exception& error) {
        errors[rank] = error.what();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_THAT(errors[0], ContainsSubstring("[rank 1]") && ContainsSubstring("a fault of its own"));
  CHECK_THAT(errors[1], ContainsSubstring("a fault of its own"));
}

}  // namespace
}  // namespace nas::child_trainer
