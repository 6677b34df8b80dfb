// Tells a rank when another one died or gave up, and tells the others when this one does. All news
// go through rank 0, so that every rank names the same culprit.
#pragma once

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

#include "child_trainer/distributed/rendezvous.h"

namespace nas::child_trainer {

// Which rank is lost to the others, and why.
struct Loss {
  int64_t rank = 0;
  std::string reason;
};

class PeerWatch {
 public:
  PeerWatch(int64_t rank, std::vector<Socket> others);

  // Adds what to wait for.
  void add_to(std::vector<pollfd>& polled) const;
  // What came meanwhile; does not wait.
  std::optional<Loss> news();

  void spread(const Loss& loss) const;
  // This rank ends, and all is well.
  void say_goodbye() const;

 private:
  std::optional<Loss> read(size_t place);

  int64_t rank_;
  std::vector<Socket> others_;  // as in Connections; closed once they have said goodbye
};

}  // namespace nas::child_trainer
