// Where ranks find each other: rank 0 listens, the others come to it, and all learn where their
// neighbours in the ring are.
#pragma once

#include <functional>
#include <vector>

#include "child_trainer/distributed/socket.h"

namespace nas::child_trainer {

// The connections of one rank: around the ring, and to rank 0.
struct Connections {
  int64_t rank = 0;
  int64_t ranks = 1;
  Socket next;                 // to rank + 1
  Socket previous;             // from rank - 1
  std::vector<Socket> others;  // of rank 0: [ranks], the first of them closed; else rank 0 alone
};

// What ranks of one training say to be let in; others are turned away.
struct Membership {
  int64_t rank = 0;
  int64_t ranks = 1;
  std::string token = {};
};

// Rank 0's. From its construction on the others may come.
class Rendezvous {
 public:
  // Throws SystemError.
  explicit Rendezvous(const Address& address);

  int port() const { return listener_.port(); }

  // Waits until all have come. `look` is called some times a second and may throw. Throws
  // SystemError, with the ranks that are missing, after `seconds`.
  Connections gather(
      const Membership& own, double seconds, const std::function<void()>& look = [] {});

 private:
  Address address_;
  Socket listener_;
};

// The way of another rank to rank 0 at `address`. Throws SystemError after `seconds`, or when it is
// turned away.
Connections join(const Address& address, const Membership& own, double seconds);

}  // namespace nas::child_trainer
