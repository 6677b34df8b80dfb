// Starting and ending other programs. fork() after LibTorch has started is unsafe, so programs are
// started with posix_spawn; the child side calls end_with_parent() first thing.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nas::common {

struct ProcessOptions {
  std::vector<std::string> arguments;  // argv[0] is the program, found on PATH
  std::vector<std::pair<std::string, std::string>> environment;  // added to this process's own
  bool pipe_stdin = false;
  bool pipe_stdout = false;
  std::filesystem::path stderr_file = {};  // appended to; empty: inherited
  bool quiet = false;                      // stdout, where not piped, goes to /dev/null
};

// How a process ended.
struct ProcessStatus {
  int exit_code = 0;         // where signal is 0
  int signal = 0;            // the signal that killed it, or 0
  std::string text() const;  // "exit code 1", "signal 9"
};

class Process {
 public:
  // Throws SystemError when the program cannot be started.
  explicit Process(const ProcessOptions& options);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // kills and reaps it if it still runs

  pid_t pid() const { return pid_; }
  int stdin_fd() const { return stdin_; }    // -1 unless piped
  int stdout_fd() const { return stdout_; }  // -1 unless piped
  void close_stdin();

  bool write_line(const std::string& line);  // false when the other side is gone
  // Empty after the timeout; see at_end().
  std::optional<std::string> read_line(int timeout_ms);
  bool at_end() const { return at_end_; }  // the other side has closed its output

  void signal(int number);
  std::optional<ProcessStatus> poll();  // reaps without waiting
  ProcessStatus wait();
  ProcessStatus wait_or_kill(double seconds);  // waits so long, then kills

 private:
  pid_t pid_ = -1;
  int stdin_ = -1;
  int stdout_ = -1;
  bool at_end_ = false;
  std::string buffer_;
  std::optional<ProcessStatus> status_;
};

// Processes that work together need not look for news of each other again and again: who waits in
// wait_for_news() for at most so long is woken by tell_news() at the other end of one of its pipes.
// What was told is read and lost. Signals end a wait, too; ends that are closed, and what is no
// pipe, do not.
void wait_for_news(const std::vector<int>& pipes, int milliseconds);
void tell_news(int pipe);  // never blocks

// Runs a program to its end and returns its output. Throws SystemError when it cannot be started
// and, unless `allow_failure`, when it fails.
std::string run_and_capture(const std::vector<std::string>& arguments, bool allow_failure = false);
bool program_exists(const std::string& name);

// This process gets SIGKILL when its parent ends; returns false when the parent is gone already.
bool end_with_parent(pid_t expected_parent);

// From here on what this process prints to stderr is appended to `file`. Throws SystemError.
void append_stderr_to(const std::filesystem::path& file);

// Resident memory of a process and of this one at its highest, in bytes; 0 when unknown.
double resident_bytes(pid_t pid);
double peak_resident_bytes();
// From now on that is the peak since this call, where the system (Linux) can do so.
void reset_peak_resident_bytes();

}  // namespace nas::common
