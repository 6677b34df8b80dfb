#include "engine/signals.h"

#include <csignal>

namespace nas::engine {

namespace {
volatile std::sig_atomic_t received = 0;
void remember(int number) { received = number; }
}  // namespace

void listen_for_stop(bool interrupts_too) {
  received = 0;
  struct sigaction action = {};
  action.sa_handler = remember;
  sigaction(SIGTERM, &action, nullptr);
  if (!interrupts_too) action.sa_handler = SIG_IGN;
  sigaction(SIGINT, &action, nullptr);
}

int stop_signal() { return received; }

}  // namespace nas::engine
