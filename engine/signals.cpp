#include "engine/signals.h"

#include <unistd.h>

#include <csignal>
#include <cstring>

#include "common/error.h"

namespace nas::engine {

namespace {

volatile std::sig_atomic_t received = 0;
const char* farewell = "";

void remember(int number) { received = number; }

void end(int number) {
  // The exit code says the same where nobody can read this.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, farewell, std::strlen(farewell));
  _exit(common::kExitSignal + number);
}

bool is_ignored(int number) {
  struct sigaction present = {};
  sigaction(number, nullptr, &present);
  return present.sa_handler == SIG_IGN;
}

void handle(void (*handler)(int), void (*handler_of_terminal)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = handler_of_terminal;
  sigaction(SIGINT, &action, nullptr);
  if (!is_ignored(SIGHUP)) sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

void end_on_stop(const char* message) {
  farewell = message;
  handle(end, end);
}

void listen_for_stop(bool terminal_too) {
  received = 0;
  handle(remember, terminal_too ? remember : SIG_IGN);
}

int stop_signal() { return received; }

}  // namespace nas::engine
