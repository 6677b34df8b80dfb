#include "common/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <thread>
#include <utility>

#include "common/error.h"
#include "common/log.h"
#include "common/text.h"

extern char** environ;

namespace nas::common {

namespace {

std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& added) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : added) all[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

ProcessStatus status_of(int raw) {
  ProcessStatus status;
  if (WIFSIGNALED(raw)) {
    status.signal = WTERMSIG(raw);
  } else {
    status.exit_code = WEXITSTATUS(raw);
  }
  return status;
}

}  // namespace

std::string ProcessStatus::text() const {
  return signal != 0 ? "signal " + std::to_string(signal)
                     : "exit code " + std::to_string(exit_code);
}

Process::Process(const ProcessOptions& options) {
  int in[2] = {-1, -1};
  int out[2] = {-1, -1};
  if (options.pipe_stdin && pipe2(in, O_CLOEXEC) != 0) in[0] = in[1] = -1;
  if (options.pipe_stdout && pipe2(out, O_CLOEXEC) != 0) out[0] = out[1] = -1;

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (in[0] >= 0) {
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  } else {
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  }
  if (out[1] >= 0) {
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  } else if (options.quiet) {
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  }
  if (!options.stderr_file.empty()) {
    posix_spawn_file_actions_addopen(&actions, 2, options.stderr_file.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

  std::vector<std::string> arguments = options.arguments;
  std::vector<std::string> environment = merged_environment(options.environment);
  const int error = posix_spawnp(&pid_, arguments.at(0).c_str(), &actions, &attributes,
                                 pointers(arguments).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (in[0] >= 0) close(in[0]);
  if (out[1] >= 0) close(out[1]);
  stdin_ = in[1];
  stdout_ = out[0];
  if (error != 0) {
    close_stdin();
    if (stdout_ >= 0) close(stdout_);
    pid_ = -1;
    throw SystemError(
        {.where = "process", .what = "cannot start " + arguments[0], .got = std::strerror(error)});
  }
}

Process::~Process() {
  close_stdin();
  if (stdout_ >= 0) close(stdout_);
  if (pid_ > 0 && !status_) {
    kill(pid_, SIGKILL);
    wait();
  }
}

void Process::close_stdin() {
  if (stdin_ >= 0) close(stdin_);
  stdin_ = -1;
}

bool Process::write_line(const std::string& line) {
  const std::string text = line + "\n";
  size_t done = 0;
  while (stdin_ >= 0 && done < text.size()) {
    const ssize_t count = write(stdin_, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;  // SIGPIPE is ignored by the program
    done += static_cast<size_t>(count);
  }
  return stdin_ >= 0;
}

std::optional<std::string> Process::read_line(int timeout_ms) {
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (at_end_ && !buffer_.empty())
      return std::exchange(buffer_, "");  // a last line without an end
    if (at_end_ || stdout_ < 0) return std::nullopt;
    struct pollfd waiting = {stdout_, POLLIN, 0};
    if (::poll(&waiting, 1, timeout_ms) <= 0) return std::nullopt;
    char piece[4096];
    const ssize_t count = read(stdout_, piece, sizeof(piece));
    if (count > 0) {
      buffer_.append(piece, static_cast<size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      at_end_ = true;
    }
  }
}

void Process::signal(int number) {
  if (pid_ > 0 && !status_) kill(pid_, number);
}

std::optional<ProcessStatus> Process::poll() {
  int raw = 0;
  if (!status_ && waitpid(pid_, &raw, WNOHANG) == pid_) status_ = status_of(raw);
  return status_;
}

ProcessStatus Process::wait() {
  int raw = 0;
  while (!status_) {
    const pid_t ended = waitpid(pid_, &raw, 0);
    if (ended == pid_) status_ = status_of(raw);
    if (ended < 0 && errno != EINTR) status_ = ProcessStatus{.exit_code = 255};
  }
  return *status_;
}

ProcessStatus Process::wait_or_kill(double seconds) {
  const double deadline = monotonic_seconds() + seconds;
  while (!poll() && monotonic_seconds() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  signal(SIGKILL);
  return wait();
}

void wait_for_news(const std::vector<int>& pipes, int milliseconds) {
  const double end = monotonic_seconds() + milliseconds / 1000.0;
  std::vector<struct pollfd> waiting;
  for (const int pipe : pipes) waiting.push_back({pipe, POLLIN, 0});
  for (int left = milliseconds; left > 0;
       left = static_cast<int>(std::ceil(1000.0 * (end - monotonic_seconds())))) {
    if (::poll(waiting.data(), waiting.size(), left) <= 0) return;
    bool told = false;
    for (auto& one : waiting) {
      char lost[4096];
      if (one.revents == 0) continue;
      if (read(one.fd, lost, sizeof(lost)) > 0) {
        told = true;
      } else {
        one.fd = -1;  // closed: poll() ignores it
      }
    }
    if (told) return;
  }
}

void tell_news(int pipe) {
  struct stat status = {};
  if (fstat(pipe, &status) != 0 || !S_ISFIFO(status.st_mode)) return;  // a terminal, a log file
  struct pollfd one = {pipe, POLLOUT, 0};
  if (::poll(&one, 1, 0) <= 0 || (one.revents & POLLOUT) == 0) return;  // full: it was told
  [[maybe_unused]] const auto written = write(pipe, "\n", 1);
}

std::string run_and_capture(const std::vector<std::string>& arguments, bool allow_failure) {
  Process process({.arguments = arguments, .pipe_stdout = true});
  std::string output;
  for (;;) {
    const auto line = process.read_line(1000);
    if (line) output += *line + "\n";
    if (!line && process.at_end()) break;
  }
  const ProcessStatus status = process.wait();
  if (!allow_failure && (status.signal != 0 || status.exit_code != 0)) {
    throw SystemError({.where = "process", .what = arguments[0] + " failed", .got = status.text()});
  }
  return output;
}

bool program_exists(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path != nullptr ? path : "", ':')) {
    if (access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

bool end_with_parent(pid_t expected_parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return getppid() == expected_parent;
}

void append_stderr_to(const std::filesystem::path& file) {
  std::error_code ignored;  // open() tells
  std::filesystem::create_directories(file.parent_path(), ignored);
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const bool done = fd >= 0 && dup2(fd, STDERR_FILENO) >= 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!done) {
    throw SystemError(
        {.where = "process", .what = "cannot write " + file.string(), .got = std::strerror(error)});
  }
}

double resident_bytes(pid_t pid) {
  std::ifstream stream("/proc/" + std::to_string(pid) + "/statm");
  double total = 0;
  double resident = 0;
  stream >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double peak_resident_bytes() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024.0;
}

void reset_peak_resident_bytes() {
  std::ofstream("/proc/self/clear_refs") << "5";  // proc(5)
}

}  // namespace nas::common
