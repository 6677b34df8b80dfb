#include "child_trainer/distributed/peer_watch.h"

#include "common/log.h"

namespace nas::child_trainer {

namespace {

constexpr double kPatienceSeconds = 5.0;  // for a message that is under way

enum class Kind : int32_t { kLoss, kGoodbye };

struct Header {
  Kind kind = Kind::kLoss;
  int32_t rank = 0;
  uint32_t size = 0;  // bytes of the reason that follows
};

void send(const Socket& socket, Kind kind, const Loss& loss) {
  if (!socket.open()) return;
  const double deadline = common::monotonic_seconds() + kPatienceSeconds;
  const Header header{.kind = kind,
                      .rank = static_cast<int32_t>(loss.rank),
                      .size = static_cast<uint32_t>(loss.reason.size())};
  if (socket.send(&header, sizeof(header), deadline))
    socket.send(loss.reason.data(), loss.reason.size(), deadline);
}

}  // namespace

PeerWatch::PeerWatch(int64_t rank, std::vector<Socket> others)
    : rank_(rank), others_(std::move(others)) {}

void PeerWatch::add_to(std::vector<pollfd>& polled) const {
  for (const auto& socket : others_) {
    if (socket.open()) polled.push_back({.fd = socket.fd(), .events = POLLIN, .revents = 0});
  }
}

std::optional<Loss> PeerWatch::read(size_t place) {
  Socket& socket = others_[place];
  const Loss gone{.rank = rank_ == 0 ? static_cast<int64_t>(place) : 0,
                  .reason = "ended without a word: it was killed, or its machine is gone"};
  const double deadline = common::monotonic_seconds() + kPatienceSeconds;
  Header header;
  if (!socket.receive(&header, sizeof(header), deadline) || header.size > (1U << 20U)) return gone;
  Loss loss{.rank = header.rank, .reason = std::string(header.size, ' ')};
  if (!socket.receive(loss.reason.data(), header.size, deadline)) return gone;
  if (header.kind == Kind::kLoss) return loss;
  socket.close();
  return std::nullopt;
}

std::optional<Loss> PeerWatch::news() {
  for (size_t place = 0; place < others_.size(); ++place) {
    if (!others_[place].open()) continue;
    pollfd one = {.fd = others_[place].fd(), .events = POLLIN, .revents = 0};
    if (poll(&one, 1, 0) <= 0) continue;
    if (auto loss = read(place)) return loss;
  }
  return std::nullopt;
}

void PeerWatch::spread(const Loss& loss) const {
  for (const auto& socket : others_) send(socket, Kind::kLoss, loss);
}

void PeerWatch::say_goodbye() const {
  for (const auto& socket : others_) send(socket, Kind::kGoodbye, {.rank = rank_, .reason = ""});
}

}  // namespace nas::child_trainer
