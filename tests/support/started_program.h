// The real program while it runs: a test waits for what it says, signals it, and sees how it ends.
#pragma once

#include <chrono>
#include <thread>

#include "tests/support/program.h"

namespace nas::tests {

class StartedProgram {
 public:
  // nas ARGUMENTS in `dir`.
  StartedProgram(const std::vector<std::string>& arguments, const std::filesystem::path& dir)
      : process_(with_stderr(options_of(nas_command(arguments), dir, {}, ""), logs_.path())) {}

  // Waits until stderr holds `text`; false when the program ended without, or after a minute.
  bool says(const std::string& text) {
    return reaches([&] { return err().find(text) != std::string::npos; });
  }
  // … until there is this file or folder.
  bool makes(const std::filesystem::path& path) {
    return reaches([&] { return std::filesystem::exists(path); });
  }

  bool running() { return !process_.poll().has_value(); }
  void signal(int number) { process_.signal(number); }
  pid_t pid() const { return process_.pid(); }

  // Waits for the end: the exit code, or minus the signal that killed it.
  int end() {
    const common::ProcessStatus status = process_.wait();
    return status.signal != 0 ? -status.signal : status.exit_code;
  }

  std::string err() const {
    const std::filesystem::path file = logs_.path() / "stderr";
    return std::filesystem::exists(file) ? common::read_file(file) : "";
  }

 private:
  template <class Condition>
  bool reaches(const Condition& condition) {
    for (int i = 0; i < 12000; ++i) {
      const bool ended = !running();
      if (condition()) return true;
      if (ended) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  static common::ProcessOptions with_stderr(common::ProcessOptions options,
                                            const std::filesystem::path& logs) {
    options.stderr_file = logs / "stderr";
    return options;
  }

  TempDir logs_;
  common::Process process_;
};

}  // namespace nas::tests
