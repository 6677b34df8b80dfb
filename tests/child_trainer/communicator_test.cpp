#include "child_trainer/distributed/communicator.h"

#include <ATen/ATen.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "child_trainer/distributed/single_communicator.h"
#include "common/error.h"
#include "common/log.h"
#include "common/random.h"
#include "tests/child_trainer/ranks.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::ContainsSubstring;

at::Tensor numbers_of(int64_t rank, int64_t count, at::ScalarType type = at::kFloat) {
  at::Tensor numbers = at::empty({count}, at::kDouble);
  common::RandomStream random({.seed = static_cast<uint64_t>(rank), .purpose = "numbers"});
  for (int64_t i = 0; i < count; ++i) numbers.data_ptr<double>()[i] = random.normal();
  return numbers.to(type);
}

// What each rank has after the sum of numbers_of().
std::vector<at::Tensor> sums(int64_t ranks, int64_t count, at::ScalarType type) {
  std::vector<at::Tensor> results(static_cast<size_t>(ranks));
  run_all_ranks(ranks, [&](TcpCommunicator& communicator) {
    const at::Tensor values = numbers_of(communicator.rank(), count, type);
    communicator.all_reduce(values).get();
    results[static_cast<size_t>(communicator.rank())] = values;
  });
  return results;
}

TEST_CASE("communicator: a single rank is its own sum", "[child_trainer]") {
  SingleCommunicator single;
  const at::Tensor values = numbers_of(0, 7);
  const at::Tensor before = values.clone();
  single.all_reduce(values).get();
  single.broadcast(values);
  single.barrier();
  CHECK(at::equal(values, before));
  CHECK(single.any(true));
  CHECK_FALSE(single.any(false));
  CHECK(broadcast_text(single, "words") == "words");
}

TEST_CASE("communicator: every rank has the same sum, and has it again", "[child_trainer]") {
  for (const int64_t ranks : {2, 3, 4}) {
    for (const int64_t count : {0, 1, 2, 3, 5, 17, 1000, 300001}) {
      CAPTURE(ranks, count);
      const auto results = sums(ranks, count, at::kFloat);
      at::Tensor expected = at::zeros({count}, at::kDouble);
      for (int64_t rank = 0; rank < ranks; ++rank)
        expected += numbers_of(rank, count).to(at::kDouble);
      for (const auto& result : results) {
        CHECK(at::equal(result, results[0]));
        CHECK(at::allclose(result.to(at::kDouble), expected, 1e-5, 1e-5));
      }
      if (count == 300001) CHECK(at::equal(sums(ranks, count, at::kFloat)[1], results[0]));
    }
  }
}

TEST_CASE("communicator: sums of doubles are sums of doubles", "[child_trainer]") {
  const auto results = sums(3, 100, at::kDouble);
  at::Tensor expected = at::zeros({100}, at::kDouble);
  for (int64_t rank = 0; rank < 3; ++rank) expected += numbers_of(rank, 100, at::kDouble);
  CHECK(at::allclose(results[2], expected, 1e-14, 1e-14));
}

TEST_CASE("communicator: sums that are begun together end in their order", "[child_trainer]") {
  run_all_ranks(3, [](TcpCommunicator& communicator) {
    std::vector<at::Tensor> values;
    std::vector<std::future<void>> begun;
    for (int64_t i = 0; i < 20; ++i) {
      values.push_back(at::full({1000 * i}, static_cast<double>(i + communicator.rank())));
      begun.push_back(communicator.all_reduce(values.back()));
    }
    for (auto& one : begun) one.get();
    for (int64_t i = 0; i < 20; ++i) {
      const at::Tensor& sum = values[static_cast<size_t>(i)];
      if ((sum != static_cast<double>(3 * i + 3)).any().item<bool>())
        throw std::runtime_error("a wrong sum");
    }
  });
}

TEST_CASE("communicator: rank 0's values and texts reach all", "[child_trainer]") {
  run_all_ranks(4, [](TcpCommunicator& communicator) {
    const at::Tensor values = numbers_of(communicator.rank(), 700001);  // more than one piece
    communicator.broadcast(values);
    if (!at::equal(values, numbers_of(0, 700001))) throw std::runtime_error("wrong values");
    const std::string mine = communicator.rank() == 0 ? std::string("rank 0's\0words", 14) : "";
    if (broadcast_text(communicator, mine) != std::string("rank 0's\0words", 14))
      throw std::runtime_error("a wrong text");
    if (communicator.any(false)) throw std::runtime_error("nobody said so");
    if (!communicator.any(communicator.rank() == 2)) throw std::runtime_error("rank 2 said so");
  });
}

// As of a killed process: its connections end without a word.
TEST_CASE("communicator: all ranks are told soon which one died", "[child_trainer]") {
  for (const int64_t dead : {0, 1, 3}) {
    CAPTURE(dead);
    auto connections = connected_ranks(4);
    std::vector<std::string> errors(4);
    std::vector<std::thread> threads;
    const double start = common::monotonic_seconds();
    for (size_t rank = 0; rank < 4; ++rank) {
      if (static_cast<int64_t>(rank) == dead) continue;
      threads.emplace_back([&, rank] {
        TcpCommunicator communicator(std::move(connections[rank]));
        try {
          while (true) communicator.all_reduce(at::ones({5000})).get();
        } catch (const common::SystemError& error) {
          errors[rank] = error.what();
        }
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    connections[static_cast<size_t>(dead)] = {};
    for (auto& thread : threads) thread.join();
    CHECK(common::monotonic_seconds() - start < 10);
    for (size_t rank = 0; rank < 4; ++rank) {
      if (static_cast<int64_t>(rank) == dead) continue;
      CAPTURE(rank);
      CHECK_THAT(errors[rank], ContainsSubstring("[rank " + std::to_string(dead) + "]") &&
                                   ContainsSubstring("without a word"));
    }
  }
}

TEST_CASE("communicator: a rank that gives up tells the others why", "[child_trainer]") {
  for (const int64_t who : {0, 2}) {
    const auto thrown = run_ranks(3, [who](TcpCommunicator& communicator) {
      communicator.barrier();
      if (communicator.rank() == who) throw std::runtime_error("the disk is full");
      communicator.all_reduce(at::ones({100})).get();
    });
    for (int64_t rank = 0; rank < 3; ++rank) {
      CAPTURE(who, rank);
      const std::string text = text_of(thrown[static_cast<size_t>(rank)]);
      CHECK_THAT(text, ContainsSubstring("the disk is full"));
      if (rank != who) CHECK_THAT(text, ContainsSubstring("[rank " + std::to_string(who) + "]"));
    }
  }
}

TEST_CASE("communicator: after a loss every call throws", "[child_trainer]") {
  run_ranks(2, [](TcpCommunicator& communicator) {
    if (communicator.rank() == 1) throw std::runtime_error("gone");
    CHECK_THROWS_AS(communicator.barrier(), common::SystemError);
    CHECK_THROWS_AS(communicator.all_reduce(at::ones({3})).get(), common::SystemError);
    CHECK_THROWS_AS(communicator.broadcast(at::ones({3})), common::SystemError);
  });
}

TEST_CASE("communicator: a rank that is silent for too long is lost", "[child_trainer]") {
  const auto thrown = run_ranks(
      2,
      [](TcpCommunicator& communicator) {
        communicator.barrier();
        if (communicator.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2500));
        communicator.barrier();
      },
      1.0);
  CHECK_THAT(text_of(thrown[0]), ContainsSubstring("[rank 1] said nothing"));
  CHECK(thrown[1]);
}

// Its side of the connection is full meanwhile, which is no sign that it is gone.
TEST_CASE("communicator: a rank that computes for long is waited for", "[child_trainer][.slow]") {
  run_all_ranks(2, [](TcpCommunicator& communicator) {
    const at::Tensor values = at::ones({5'000'000});
    if (communicator.rank() == 1) std::this_thread::sleep_for(std::chrono::seconds(45));
    communicator.all_reduce(values).get();
  });
}

TEST_CASE("communicator: ranks that disagree are found out", "[child_trainer]") {
  const auto thrown = run_ranks(2, [](TcpCommunicator& communicator) {
    communicator.all_reduce(at::ones({100 + communicator.rank() * 8})).get();
  });
  CHECK_THAT(text_of(thrown[0]), ContainsSubstring("a fault in nas"));
}

TEST_CASE("communicator: who leaves after the last call harms nobody", "[child_trainer]") {
  run_all_ranks(3, [](TcpCommunicator& communicator) {
    communicator.barrier();
    if (communicator.rank() != 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  });
}

TEST_CASE("rendezvous: strangers are turned away, and the missing are named", "[child_trainer]") {
  Rendezvous rendezvous({.host = "127.0.0.1", .port = 0});
  const Address address{.host = "127.0.0.1", .port = rendezvous.port()};
  std::string refusal;
  std::thread stranger([&] {
    try {
      join(address, {.rank = 1, .ranks = 3, .token = "another"}, 5);
    } catch (const common::SystemError& error) {
      refusal = error.what();
    }
  });
  int looks = 0;
  CHECK_THROWS_WITH(
      rendezvous.gather({.rank = 0, .ranks = 3, .token = "this"}, 0.7, [&] { ++looks; }),
      ContainsSubstring("rank 1, 2 did not come"));
  stranger.join();
  CHECK_THAT(refusal, ContainsSubstring("refuses this rank"));
  CHECK(looks > 2);
  CHECK_THROWS_WITH(join({.host = "127.0.0.1", .port = 1}, {.rank = 1, .ranks = 2}, 0.2),
                    ContainsSubstring("cannot reach rank 0 at 127.0.0.1:1"));
}

TEST_CASE("rendezvous: an address is HOST:PORT", "[child_trainer]") {
  CHECK(parse_address("node-1:29500").host == "node-1");
  CHECK(parse_address("10.0.0.7:80").port == 80);
  for (const std::string text : {"node", ":80", "node:", "node:x", "node:99999", ""})
    CHECK_THROWS_AS(parse_address(text), common::UsageError);
}

}  // namespace
}  // namespace nas::child_trainer
