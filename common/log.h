// Messages for people, on stderr: results go to stdout, everything else here.
#pragma once

#include <fmt/format.h>

#include <string>

namespace nas::common {

// "info" and above by default; NAS_LOG=debug|info|warn|error changes it.
void start_log();

void log_debug(const std::string& text);
void log_info(const std::string& text);
void log_warning(const std::string& text);
void log_error(const std::string& text);

// A line that is drawn over itself on a terminal and printed as a plain line, at most every ten
// seconds, elsewhere. finish() ends the drawn line.
class ProgressLine {
 public:
  explicit ProgressLine(bool enabled = true);
  ~ProgressLine();
  void show(const std::string& text, bool important = false);
  void finish();

 private:
  bool enabled_;
  bool terminal_;
  bool drawn_ = false;
  double last_ = -1e9;
};

// Seconds of a clock that only goes forward.
double monotonic_seconds();
// 20261121T093000Z
std::string utc_stamp();

}  // namespace nas::common
