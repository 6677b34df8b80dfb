#include "child_trainer/distributed/tcp_communicator.h"

#include <ATen/ATen.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "common/error.h"
#include "common/log.h"

namespace nas::child_trainer {

namespace {

constexpr double kNewsSeconds = 2.0;         // until rank 0 has told who is really gone
constexpr size_t kPiece = size_t{1} << 20U;  // bytes of a broadcast that are passed on at once

common::SystemError error_of(const Loss& loss) {
  return common::SystemError({.where = "rank " + std::to_string(loss.rank),
                              .what = loss.reason,
                              .hint = "--resume, which goes on from the last checkpoint, with any "
                                      "number of ranks"});
}

void check(const at::Tensor& values) {
  if (values.is_cpu() && values.is_non_overlapping_and_dense()) return;
  throw common::InternalError({.where = "tcp", .what = "a tensor that cannot be sent"});
}

}  // namespace

struct TcpCommunicator::Flow {
  struct Header {
    uint64_t operation = 0;
    uint64_t size = 0;
    bool operator==(const Header&) const = default;
  };

  Flow(uint64_t operation, char* bytes, size_t size)
      : expected{.operation = operation, .size = size}, header(expected), data(bytes) {}

  size_t left() const { return sizeof(Header) + expected.size - done; }
  char* place() {
    return done < sizeof(Header) ? reinterpret_cast<char*>(&header) + done
                                 : data + (done - sizeof(Header));
  }
  size_t run() const { return done < sizeof(Header) ? sizeof(Header) - done : left(); }

  Header expected;
  Header header;
  char* data;
  size_t done = 0;
};

TcpCommunicator::TcpCommunicator(Connections connections, double timeout_seconds)
    : rank_(connections.rank),
      ranks_(connections.ranks),
      timeout_seconds_(timeout_seconds),
      next_(std::move(connections.next)),
      previous_(std::move(connections.previous)),
      watch_(rank_, std::move(connections.others)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { serve(); }) {}

TcpCommunicator::~TcpCommunicator() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  eventfd_write(wake_.fd(), 1);
  thread_.join();
}

std::future<void> TcpCommunicator::enqueue(std::function<void()> run) {
  Work work{.run = std::move(run), .done = {}};
  std::future<void> done = work.done.get_future();
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  eventfd_write(wake_.fd(), 1);
  return done;
}

std::future<void> TcpCommunicator::all_reduce(const at::Tensor& values) {
  check(values);
  return enqueue([this, values] {
    if (values.scalar_type() == at::kDouble) {
      sum_around(values.data_ptr<double>(), values.numel());
    } else {
      sum_around(values.data_ptr<float>(), values.numel());
    }
  });
}

void TcpCommunicator::broadcast(const at::Tensor& values) {
  check(values);
  enqueue([this, &values] {
    pass_on(static_cast<char*>(values.data_ptr()), values.nbytes());
  }).get();
}

bool TcpCommunicator::any(bool here) {
  const at::Tensor votes = at::full({1}, here ? 1.0 : 0.0, at::kFloat);
  all_reduce(votes).get();
  return votes.item<float>() > 0;
}

void TcpCommunicator::abort(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!giving_up_) giving_up_ = Loss{.rank = rank_, .reason = reason};
  }
  eventfd_write(wake_.fd(), 1);
}

void TcpCommunicator::serve() {
  while (true) {
    std::optional<Work> work;
    std::optional<Loss> loss;
    {
      const std::lock_guard lock(mutex_);
      loss = loss_;
      if (!queue_.empty()) {
        work = std::move(queue_.front());
        queue_.pop_front();
      } else if (closing_ && (loss_ || !giving_up_)) {
        break;
      }
    }
    try {
      if (!work) {
        wait({}, timeout_seconds_);
      } else if (loss) {
        work->done.set_exception(std::make_exception_ptr(error_of(*loss)));
      } else {
        ++operation_;
        work->run();
        work->done.set_value();
      }
    } catch (const Loss& found) {
      give_up(found);
      if (work) work->done.set_exception(std::make_exception_ptr(error_of(found)));
    }
  }
  if (!loss_) watch_.say_goodbye();
}

// Waits for one of `polled`, or for whatever else there is to be done; throws a Loss that is new.
void TcpCommunicator::wait(std::vector<pollfd> polled, double seconds) {
  bool lost = false;
  {
    const std::lock_guard lock(mutex_);
    lost = loss_.has_value();
    if (!lost && giving_up_) throw Loss(*giving_up_);
  }
  polled.push_back({.fd = wake_.fd(), .events = POLLIN, .revents = 0});
  if (!lost) watch_.add_to(polled);
  poll(polled.data(), polled.size(), static_cast<int>(std::min(seconds, 3600.0) * 1000) + 1);
  eventfd_t wakes = 0;
  eventfd_read(wake_.fd(), &wakes);
  if (lost) return;
  if (auto loss = watch_.news()) throw Loss(std::move(*loss));
}

void TcpCommunicator::give_up(const Loss& loss) {
  std::function<void()> act;
  {
    const std::lock_guard lock(mutex_);
    loss_ = loss;
    act = on_loss_;
  }
  watch_.spread(loss);
  next_.close();
  previous_.close();
  if (act) act();
}

void TcpCommunicator::on_loss(std::function<void()> act) {
  {
    const std::lock_guard lock(mutex_);
    if (!loss_) {
      on_loss_ = std::move(act);
      return;
    }
  }
  act();
}

// A neighbour has closed its connection: because it died, or because it knows of another that did.
void TcpCommunicator::lose(int64_t neighbour) {
  const double deadline = common::monotonic_seconds() + kNewsSeconds;
  for (double left = kNewsSeconds; left > 0; left = deadline - common::monotonic_seconds())
    wait({}, left);
  throw Loss{.rank = neighbour, .reason = "closed its connection while it was waited for"};
}

void TcpCommunicator::exchange(Flow* out, Flow* in) {
  const int64_t next = (rank_ + 1) % ranks_;
  const int64_t previous = (rank_ + ranks_ - 1) % ranks_;
  const auto left = [](const Flow* flow) { return flow != nullptr && flow->left() > 0; };
  double deadline = common::monotonic_seconds() + timeout_seconds_;
  while (left(out) || left(in)) {
    bool moved = false;
    if (left(out)) {
      const int64_t sent = next_.send_some(out->place(), out->run());
      if (sent < 0) lose(next);
      out->done += static_cast<size_t>(sent);
      moved = sent > 0;
    }
    if (left(in)) {
      const int64_t received = previous_.receive_some(in->place(), in->run());
      if (received < 0) lose(previous);
      in->done += static_cast<size_t>(received);
      if (in->done >= sizeof(Flow::Header) && !(in->header == in->expected)) {
        throw Loss{.rank = previous, .reason = "does something else than this one: a fault in nas"};
      }
      moved = moved || received > 0;
    }
    const double now = common::monotonic_seconds();
    if (moved) {
      deadline = now + timeout_seconds_;
      continue;
    }
    if (now > deadline) {
      throw Loss{.rank = left(in) ? previous : next,
                 .reason = "said nothing for " + std::to_string(std::lround(timeout_seconds_)) +
                           " seconds"};
    }
    std::vector<pollfd> polled;
    if (left(out)) polled.push_back({.fd = next_.fd(), .events = POLLOUT, .revents = 0});
    if (left(in)) polled.push_back({.fd = previous_.fd(), .events = POLLIN, .revents = 0});
    wait(std::move(polled), deadline - now);
  }
}

template <class T>
void TcpCommunicator::sum_around(T* values, int64_t count) {
  const auto begin = [&](int64_t slice) { return count * slice / ranks_; };
  const auto flow_of = [&](int64_t step) {
    const int64_t slice = ((rank_ - step) % ranks_ + ranks_) % ranks_;
    const int64_t size = begin(slice + 1) - begin(slice);
    return Flow(operation_, reinterpret_cast<char*>(values + begin(slice)),
                static_cast<size_t>(size) * sizeof(T));
  };
  for (int64_t step = 0; step + 1 < ranks_; ++step) {
    Flow out = flow_of(step);
    const Flow place = flow_of(step + 1);
    scratch_.resize(std::max(scratch_.size(), place.expected.size));
    Flow in(operation_, scratch_.data(), place.expected.size);
    exchange(&out, &in);
    T* sum = reinterpret_cast<T*>(place.data);
    const T* part = reinterpret_cast<const T*>(scratch_.data());
    const auto size = static_cast<int64_t>(place.expected.size / sizeof(T));
    for (int64_t i = 0; i < size; ++i) sum[i] += part[i];
  }
  for (int64_t step = 0; step + 1 < ranks_; ++step) {
    Flow out = flow_of(step - 1);
    Flow in = flow_of(step);
    exchange(&out, &in);
  }
}

// From rank 0 to rank 1 and so on; the last one keeps it.
void TcpCommunicator::pass_on(char* bytes, size_t size) {
  for (size_t begin = 0; begin < size; begin += kPiece) {
    const size_t piece = std::min(kPiece, size - begin);
    Flow in(operation_, bytes + begin, piece);
    if (rank_ > 0) exchange(nullptr, &in);
    Flow out(operation_, bytes + begin, piece);
    if (rank_ + 1 < ranks_) exchange(&out, nullptr);
  }
}

}  // namespace nas::child_trainer
