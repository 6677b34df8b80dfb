// TCP sockets (IPv4) that close themselves. They never block: who uses them waits with poll().
#pragma once

#include <string>

namespace nas::child_trainer {

// Where a process can be reached.
struct Address {
  std::string host;  // a name or a number; to listen on: "" for every one of this machine
  int port = 0;      // to listen on: 0 for any free one

  std::string text() const { return host + ":" + std::to_string(port); }
};
Address parse_address(const std::string& text);  // "HOST:PORT"; throws UsageError

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  // Throws SystemError when nobody may listen there.
  static Socket listen(const Address& address);
  // Tries again until `deadline` (of common::monotonic_seconds()); empty when it came.
  static Socket connect(const Address& address, double deadline);
  // Empty unless somebody connects within `seconds`.
  Socket accept(double seconds) const;

  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  int port() const;               // its own
  std::string peer_host() const;  // as a number
  void close();

  // What went through at once, in bytes: 0 when the other side is not ready; -1 when it is gone.
  int64_t send_some(const void* data, size_t size) const;
  int64_t receive_some(void* data, size_t size) const;
  // All of it before `deadline`, or false.
  bool send(const void* data, size_t size, double deadline) const;
  bool receive(void* data, size_t size, double deadline) const;

 private:
  int fd_ = -1;
};

}  // namespace nas::child_trainer
