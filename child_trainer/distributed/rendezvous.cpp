#include "child_trainer/distributed/rendezvous.h"

#include <cstring>

#include "common/error.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"

namespace nas::child_trainer {

namespace {

constexpr uint32_t kMost = 1U << 20U;    // bytes of a message
constexpr double kGreetingSeconds = 10;  // for a message that is under way

bool say(const Socket& socket, const common::Json& json, double deadline) {
  const std::string text = json.dump();
  const auto size = static_cast<uint32_t>(text.size());
  return socket.send(&size, sizeof(size), deadline) &&
         socket.send(text.data(), text.size(), deadline);
}

// Null when nothing, or nothing that makes sense, came.
common::Json hear(const Socket& socket, double deadline) {
  uint32_t size = 0;
  if (!socket.receive(&size, sizeof(size), deadline) || size > kMost) return nullptr;
  std::string text(size, ' ');
  if (!socket.receive(text.data(), size, deadline)) return nullptr;
  return common::Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

common::Json greeting(const Membership& own, int port) {
  return {
      {"nas", 1}, {"rank", own.rank}, {"ranks", own.ranks}, {"token", own.token}, {"port", port}};
}

// The rank of a greeting of this training, or -1.
int64_t rank_in(const common::Json& greeting, const Membership& own) {
  const bool ours = greeting.is_object() && greeting.value("nas", 0) == 1 &&
                    greeting.value("token", "") == own.token &&
                    greeting.value("ranks", int64_t{0}) == own.ranks;
  const int64_t rank = ours ? greeting.value("rank", int64_t{-1}) : -1;
  return rank >= 0 && rank < own.ranks ? rank : -1;
}

[[noreturn]] void fail(int64_t rank, const std::string& what, const std::string& hint = "") {
  throw common::SystemError({.where = "rank " + std::to_string(rank), .what = what, .hint = hint});
}

// Connects to the next rank and lets the previous one in. A kernel completes connections that
// nobody has accepted yet, so all ranks may connect first.
void close_ring(Connections& made, const Membership& own, const Socket& listener,
                const Address& next, double deadline) {
  made.next = Socket::connect(next, deadline);
  if (!made.next.open() || !say(made.next, greeting(own, 0), deadline))
    fail(own.rank, "cannot reach the next rank at " + next.text(), "a firewall may be in between");
  const int64_t before = (own.rank + own.ranks - 1) % own.ranks;
  while (common::monotonic_seconds() < deadline) {
    Socket come = listener.accept(deadline - common::monotonic_seconds());
    if (come.open() &&
        rank_in(hear(come, common::monotonic_seconds() + kGreetingSeconds), own) == before) {
      made.previous = std::move(come);
      return;
    }
  }
  fail(own.rank, "rank " + std::to_string(before) + " did not come");
}

}  // namespace

Rendezvous::Rendezvous(const Address& address)
    : address_(address), listener_(Socket::listen(address)) {}

Connections Rendezvous::gather(const Membership& own, double seconds,
                               const std::function<void()>& look) {
  const double deadline = common::monotonic_seconds() + seconds;
  Connections made{.rank = own.rank, .ranks = own.ranks, .next = {}, .previous = {}, .others = {}};
  made.others.resize(static_cast<size_t>(own.ranks));
  const Socket ring = Socket::listen({.host = address_.host, .port = 0});
  std::vector<Address> addresses(static_cast<size_t>(own.ranks));
  addresses[0].port = ring.port();
  for (int64_t come = 1; come < own.ranks;) {
    look();
    if (common::monotonic_seconds() > deadline) {
      std::vector<std::string> missing;
      for (int64_t r = 1; r < own.ranks; ++r) {
        if (!made.others[static_cast<size_t>(r)].open()) missing.push_back(std::to_string(r));
      }
      fail(0, "rank " + common::join(missing, ", ") + " did not come");
    }
    Socket socket = listener_.accept(0.1);
    if (!socket.open()) continue;
    const common::Json greeting =
        hear(socket, std::min(deadline, common::monotonic_seconds() + kGreetingSeconds));
    const int64_t rank = rank_in(greeting, own);
    if (rank < 1 || made.others[static_cast<size_t>(rank)].open()) {
      say(socket, {{"refused", "another training listens here, or this rank is there already"}},
          common::monotonic_seconds() + kGreetingSeconds);
      continue;
    }
    // On rank 0's machine a rank is where rank 0 is, for the others too.
    const std::string host = socket.peer_host();
    addresses[static_cast<size_t>(rank)] = {.host = common::starts_with(host, "127.") ? "" : host,
                                            .port = greeting.value("port", 0)};
    made.others[static_cast<size_t>(rank)] = std::move(socket);
    ++come;
  }
  common::Json ring_of = common::Json::array();
  for (const auto& address : addresses) ring_of.push_back({address.host, address.port});
  for (int64_t r = 1; r < own.ranks; ++r) {
    if (!say(made.others[static_cast<size_t>(r)], {{"ring", ring_of}}, deadline))
      fail(0, "rank " + std::to_string(r) + " is gone before the training began");
  }
  Address next = addresses[own.ranks > 1 ? 1 : 0];
  if (next.host.empty()) next.host = "127.0.0.1";
  close_ring(made, own, ring, next, deadline);
  return made;
}

Connections join(const Address& address, const Membership& own, double seconds) {
  const double deadline = common::monotonic_seconds() + seconds;
  Connections made{.rank = own.rank, .ranks = own.ranks, .next = {}, .previous = {}, .others = {}};
  const bool near = common::starts_with(address.host, "127.");  // then nobody else is let in
  const Socket ring = Socket::listen({.host = near ? address.host : "", .port = 0});
  Socket first = Socket::connect(address, deadline);
  if (!first.open() || !say(first, greeting(own, ring.port()), deadline))
    fail(own.rank, "cannot reach rank 0 at " + address.text());
  const common::Json answer = hear(first, deadline);
  if (!answer.is_object() || !answer.contains("ring")) {
    fail(own.rank,
         answer.is_object()
             ? "rank 0 at " + address.text() + " refuses this rank: " + answer.value("refused", "")
             : "rank 0 at " + address.text() + " is gone before the training began");
  }
  const auto& entry = answer["ring"].at(static_cast<size_t>((own.rank + 1) % own.ranks));
  Address next{.host = entry.at(0).get<std::string>(), .port = entry.at(1).get<int>()};
  if (next.host.empty()) next.host = address.host;
  close_ring(made, own, ring, next, deadline);
  made.others.push_back(std::move(first));
  return made;
}

}  // namespace nas::child_trainer
