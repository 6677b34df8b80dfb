#include "common/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "common/only_warnings.h"

namespace nas::common {

void start_log() {
  auto logger = spdlog::stderr_color_st("nas");
  logger->set_pattern("%^%v%$");
  const char* level = std::getenv("NAS_LOG");
  logger->set_level(level != nullptr ? spdlog::level::from_str(level) : spdlog::level::info);
  spdlog::set_default_logger(logger);
}

void log_debug(const std::string& text) { spdlog::debug("{}", text); }
void log_info(const std::string& text) {
  if (!OnlyWarnings::any()) spdlog::info("{}", text);
}
void log_warning(const std::string& text) { spdlog::warn("warning: {}", text); }
void log_error(const std::string& text) { spdlog::error("error: {}", text); }

ProgressLine::ProgressLine(bool enabled) : enabled_(enabled), terminal_(isatty(2) == 1) {}

ProgressLine::~ProgressLine() { finish(); }

void ProgressLine::show(const std::string& text, bool important) {
  if (!enabled_ || OnlyWarnings::any()) return;
  const double now = monotonic_seconds();
  if (!important && now - last_ < (terminal_ ? 0.2 : 10.0)) return;
  last_ = now;
  // Not fmt::print(): it throws where a terminal was closed, and the work goes on without one.
  std::fputs((terminal_ ? "\r\x1b[K" + text : text + "\n").c_str(), stderr);
  std::fflush(stderr);
  drawn_ = terminal_;
}

void ProgressLine::finish() {
  if (drawn_) std::fputs("\n", stderr);
  drawn_ = false;
}

double monotonic_seconds() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

std::string utc_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

}  // namespace nas::common
