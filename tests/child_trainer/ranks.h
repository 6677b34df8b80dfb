// Ranks as threads of a test, connected by TCP on loopback.
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "child_trainer/distributed/tcp_communicator.h"

namespace nas::child_trainer {

// The connections of each of `ranks` ranks.
inline std::vector<Connections> connected_ranks(int64_t ranks) {
  Rendezvous rendezvous({.host = "127.0.0.1", .port = 0});
  const Address address{.host = "127.0.0.1", .port = rendezvous.port()};
  std::vector<Connections> all(static_cast<size_t>(ranks));
  std::vector<std::thread> threads;
  for (int64_t rank = 1; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      all[static_cast<size_t>(rank)] =
          join(address, {.rank = rank, .ranks = ranks, .token = "test"}, 60);
    });
  }
  all[0] = rendezvous.gather({.rank = 0, .ranks = ranks, .token = "test"}, 60);
  for (auto& thread : threads) thread.join();
  return all;
}

// What `act` threw on each rank, in a thread each; null where it returned.
inline std::vector<std::exception_ptr> run_ranks(int64_t ranks,
                                                 const std::function<void(TcpCommunicator&)>& act,
                                                 double timeout = 60) {
  auto connections = connected_ranks(ranks);
  std::vector<std::exception_ptr> thrown(static_cast<size_t>(ranks));
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < connections.size(); ++rank) {
    threads.emplace_back([&, rank] {
      TcpCommunicator communicator(std::move(connections[rank]), timeout);
      try {
        act(communicator);
      } catch (const std::exception& error) {
        thrown[rank] = std::current_exception();
        communicator.abort(error.what());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return thrown;
}

// Runs them all and throws what the first of them threw.
inline void run_all_ranks(int64_t ranks, const std::function<void(TcpCommunicator&)>& act) {
  for (const auto& thrown : run_ranks(ranks, act)) {
    if (thrown) std::rethrow_exception(thrown);
  }
}

inline std::string text_of(const std::exception_ptr& thrown) {
  if (!thrown) return "";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace nas::child_trainer
