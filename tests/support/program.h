// Runs the real program (NAS_PROGRAM) in a folder of its own.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/file.h"
#include "common/process.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

using Environment = std::vector<std::pair<std::string, std::string>>;

struct ProgramResult {
  int exit_code = 0;  // or minus the signal that killed it
  std::string out;
  std::string err;
};

// What starts `command` in `dir`: a shell that becomes the command, so its process id is the
// command's. Nothing of the user's is found: datasets are looked for in dir/cache alone.
inline common::ProcessOptions options_of(const std::vector<std::string>& command,
                                         const std::filesystem::path& dir, const Environment& more,
                                         const std::string& stdout_file) {
  constexpr const char* kScript =
      R"(cd "$0" && out=$1 && shift && if [ "$out" ]; then exec "$@" >"$out"; else exec "$@"; fi)";
  common::ProcessOptions options;
  options.arguments = {"sh", "-c", kScript, dir.string(), stdout_file};
  options.arguments.insert(options.arguments.end(), command.begin(), command.end());
  options.environment = {
      {"NAS_CACHE_DIR", (dir / "cache").string()}, {"NAS_DATA_DIR", ""}, {"NAS_LOG", "info"}};
  options.environment.insert(options.environment.end(), more.begin(), more.end());
  options.pipe_stdout = true;
  return options;
}

inline ProgramResult run_command(const std::vector<std::string>& command,
                                 const std::filesystem::path& dir,
                                 const Environment& environment = {},
                                 const std::string& stdout_file = "") {
  const TempDir logs;
  common::ProcessOptions options = options_of(command, dir, environment, stdout_file);
  options.stderr_file = logs.path() / "stderr";
  common::Process process(options);
  ProgramResult result;
  while (!process.at_end()) {
    if (const auto line = process.read_line(1000)) result.out += *line + "\n";
  }
  const common::ProcessStatus status = process.wait();
  result.exit_code = status.signal != 0 ? -status.signal : status.exit_code;
  result.err = common::read_file(options.stderr_file);
  return result;
}

#ifdef NAS_PROGRAM
inline std::vector<std::string> nas_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {NAS_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

// nas ARGUMENTS, to its end.
inline ProgramResult run_program(const std::vector<std::string>& arguments,
                                 const std::filesystem::path& dir,
                                 const Environment& environment = {},
                                 const std::string& stdout_file = "") {
  return run_command(nas_command(arguments), dir, environment, stdout_file);
}
#endif

}  // namespace nas::tests
