// Being asked to stop: by SIGINT, SIGTERM, or SIGHUP, which a closed terminal sends (unless it is
// ignored, as under nohup).
#pragma once

namespace nas::engine {

// From here on a stop ends this process at once, with `message` (a literal, with its line feed) on
// stderr and the exit code 128 + n: while there is nothing to lose.
void end_on_stop(const char* message);

// From here on a stop sets a flag, which loops look at.
void listen_for_stop(bool terminal_too);  // false: SIGINT and SIGHUP, which a terminal sends to all
                                          // its processes, are ignored (the parent deals with them)
int stop_signal();                        // the signal's number, or 0

}  // namespace nas::engine
