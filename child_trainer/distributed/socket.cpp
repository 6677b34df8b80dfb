#include "child_trainer/distributed/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "common/error.h"
#include "common/log.h"

namespace nas::child_trainer {

namespace {

// An empty host becomes "any"; false when the name is not known.
bool resolve(const Address& address, sockaddr_in& found) {
  found = {};
  found.sin_family = AF_INET;
  found.sin_port = htons(static_cast<uint16_t>(address.port));
  found.sin_addr.s_addr = INADDR_ANY;
  if (address.host.empty()) return true;
  addrinfo hints = {};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(address.host.c_str(), nullptr, &hints, &list) != 0) return false;
  found.sin_addr = reinterpret_cast<sockaddr_in*>(list->ai_addr)->sin_addr;
  freeaddrinfo(list);
  return true;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Small messages go out at once. Connections that carry nothing, as those to rank 0, find out in
// half a minute that a machine is gone. No TCP_USER_TIMEOUT: it also ends a connection whose other
// side is there, but computes for so long that it does not read.
void set_up(int fd) {
  const auto set = [fd](int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

// Whether `fd` is ready for `events` before the deadline.
bool wait_for(int fd, int16_t events, double deadline) {
  const double left = deadline - common::monotonic_seconds();
  pollfd one = {.fd = fd, .events = events, .revents = 0};
  return left > 0 && poll(&one, 1, static_cast<int>(std::min(left, 3600.0) * 1000) + 1) > 0;
}

int64_t outcome(ssize_t moved) {
  if (moved > 0) return moved;
  const bool later = moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return later ? 0 : -1;
}

}  // namespace

Address parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool digits =
      !port.empty() && port.size() < 6 && port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || colon == 0 || std::stoi(port) > 65535) {
    throw common::UsageError({.where = "--rendezvous",
                              .what = "not an address",
                              .got = "'" + text + "'",
                              .expected = "HOST:PORT"});
  }
  return {.host = text.substr(0, colon), .port = std::stoi(port)};
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket Socket::listen(const Address& address) {
  sockaddr_in where;
  const bool known = resolve(address, where);
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!known || bind(socket.fd(), generic(where), sizeof(where)) != 0 ||
      ::listen(socket.fd(), 1024) != 0) {
    throw common::SystemError({.where = "rank 0",
                               .what = "cannot listen on " + address.text(),
                               .got = known ? std::strerror(errno) : "an unknown host",
                               .hint = "another --rendezvous HOST:PORT"});
  }
  return socket;
}

Socket Socket::connect(const Address& address, double deadline) {
  do {
    sockaddr_in where;
    if (resolve(address, where)) {
      Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      const bool begun = ::connect(socket.fd(), generic(where), sizeof(where)) == 0 ||
                         (errno == EINPROGRESS && wait_for(socket.fd(), POLLOUT, deadline));
      int error = 0;
      socklen_t size = sizeof(error);
      getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (begun && error == 0) {
        set_up(socket.fd());
        return socket;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  } while (common::monotonic_seconds() < deadline);
  return {};
}

Socket Socket::accept(double seconds) const {
  if (!wait_for(fd_, POLLIN, common::monotonic_seconds() + seconds)) return {};
  Socket socket(accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.open()) set_up(socket.fd());
  return socket;
}

int Socket::port() const {
  sockaddr_in own = {};
  socklen_t size = sizeof(own);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
  return ntohs(own.sin_port);
}

std::string Socket::peer_host() const {
  sockaddr_in peer = {};
  socklen_t size = sizeof(peer);
  getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &size);
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &peer.sin_addr, text, sizeof(text));
  return text;
}

void Socket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int64_t Socket::send_some(const void* data, size_t size) const {
  return size == 0 ? 0 : outcome(::send(fd_, data, size, MSG_NOSIGNAL));
}

int64_t Socket::receive_some(void* data, size_t size) const {
  return size == 0 ? 0 : outcome(::recv(fd_, data, size, 0));
}

bool Socket::send(const void* data, size_t size, double deadline) const {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const int64_t moved = send_some(at, size);
    if (moved < 0 || (moved == 0 && !wait_for(fd_, POLLOUT, deadline))) return false;
    at += moved;
    size -= static_cast<size_t>(moved);
  }
  return true;
}

bool Socket::receive(void* data, size_t size, double deadline) const {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const int64_t moved = receive_some(at, size);
    if (moved < 0 || (moved == 0 && !wait_for(fd_, POLLIN, deadline))) return false;
    at += moved;
    size -= static_cast<size_t>(moved);
  }
  return true;
}

}  // namespace nas::child_trainer
