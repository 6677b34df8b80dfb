// Ranks connected by TCP in a ring: for CPUs, and for tests of everything that has ranks.
//
// A sum goes around in two rounds of ranks - 1 steps (Patarasu & Yuan 2009): each rank adds its
// part to one slice of the buffer after another, then the finished slices go around. Each slice is
// summed in one fixed order, and by one rank, so all ranks get the same bits. A thread of its own
// does all of it, so that the caller goes on computing.
#pragma once

#include <deque>
#include <mutex>
#include <thread>

#include "child_trainer/distributed/communicator.h"
#include "child_trainer/distributed/peer_watch.h"

namespace nas::child_trainer {

class TcpCommunicator : public Communicator {
 public:
  // A rank that sends nothing for `timeout_seconds` while it is waited for is lost.
  explicit TcpCommunicator(Connections connections, double timeout_seconds = 900.0);
  ~TcpCommunicator() override;

  int64_t rank() const override { return rank_; }
  int64_t ranks() const override { return ranks_; }
  std::future<void> all_reduce(const at::Tensor& values) override;  // on the CPU
  void broadcast(const at::Tensor& values) override;                // on the CPU
  bool any(bool here) override;
  void abort(const std::string& reason) override;

  // Calls `act` in another thread when a rank is lost; here and now when one is lost already.
  void on_loss(std::function<void()> act);

 private:
  struct Work {
    std::function<void()> run;
    std::promise<void> done;
  };
  // Bytes that go over one connection, behind a header that says which operation they belong to.
  struct Flow;

  std::future<void> enqueue(std::function<void()> run);
  void serve();                                           // the thread
  void wait(std::vector<pollfd> polled, double seconds);  // throws Loss
  void exchange(Flow* out, Flow* in);                     // throws Loss
  [[noreturn]] void lose(int64_t neighbour);
  void give_up(const Loss& loss);
  template <class T>
  void sum_around(T* values, int64_t count);
  void pass_on(char* bytes, size_t size);

  const int64_t rank_;
  const int64_t ranks_;
  const double timeout_seconds_;
  Socket next_;
  Socket previous_;
  PeerWatch watch_;
  uint64_t operation_ = 0;
  std::vector<char> scratch_;

  std::mutex mutex_;  // guards what follows
  std::deque<Work> queue_;
  std::optional<Loss> loss_;       // once there is one, nothing is sent any more
  std::optional<Loss> giving_up_;  // asked for by abort()
  std::function<void()> on_loss_;
  bool closing_ = false;

  Socket wake_;  // an eventfd
  std::thread thread_;
};

}  // namespace nas::child_trainer
