// Being asked to stop: SIGINT and SIGTERM set a flag that loops look at.
#pragma once

namespace nas::engine {

void listen_for_stop(bool interrupts_too);  // false: SIGINT is ignored (the parent deals with it)
int stop_signal();                          // the signal's number, or 0

}  // namespace nas::engine
