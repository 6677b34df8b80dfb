// Errors, by who must act on them. Libraries throw; cli/main.cpp turns them into exit codes.
#pragma once

#include <stdexcept>
#include <string>

namespace nas::common {

// Exit codes are a contract with scripts: 0 done, 1 failed, 2 usage or configuration, 3 data,
// 4 nothing to work on, 124 a time limit, 128 + n asked to stop by signal n.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitData = 3,
  kExitNothing = 4,
  kExitTimeLimit = 124,  // as of timeout(1): the time limit came before there was a result
  kExitSignal = 128,
};

// What a user is told: `[where] what; got X; expected Y; try Z`. Empty parts are left out.
struct Message {
  std::string where;
  std::string what;
  std::string got = {};
  std::string expected = {};
  std::string hint = {};

  std::string text() const;
};

class Error : public std::runtime_error {
 public:
  explicit Error(const Message& message, int exit_code = kExitFailed);
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

// A command line that cannot be carried out.
class UsageError : public Error {
 public:
  explicit UsageError(const Message& message) : Error(message, kExitUsage) {}
};

// An option, a configuration file or a run folder that does not fit.
class ConfigError : public Error {
 public:
  explicit ConfigError(const Message& message) : Error(message, kExitUsage) {}
};

// Datasets, images, models and tables that are missing, damaged or of another format.
class DataError : public Error {
 public:
  explicit DataError(const Message& message) : Error(message, kExitData) {}
};

// Nothing to work on, e.g. no finished trial.
class NothingError : public Error {
 public:
  explicit NothingError(const Message& message) : Error(message, kExitNothing) {}
};

// A trial that failed; it never ends a search.
class TrialError : public Error {
 public:
  explicit TrialError(const Message& message) : Error(message) {}
};

// A full disk, a file that cannot be written, a process that cannot be started.
class SystemError : public Error {
 public:
  explicit SystemError(const Message& message) : Error(message) {}
};

// A fault in nas itself.
class InternalError : public Error {
 public:
  explicit InternalError(const Message& message) : Error(message) {}
};

}  // namespace nas::common
