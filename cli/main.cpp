// The program: finds the subcommand, runs it, and turns errors into messages and exit codes.
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <system_error>

#include "child_trainer/device.h"
#include "cli/command.h"
#include "common/error.h"
#include "common/log.h"
#include "engine/run_folder.h"

namespace {

using nas::cli::Command;

const nas::common::Message kTooLittleMemory{
    .where = "nas",
    .what = "the machine has too little memory for this",
    .hint = "smaller --filters, --cells, --input-size or --batch-size"};

// OpenMP's threads spin while they wait, which costs a busy machine most of its speed; not at all,
// and they are woken up for each of a step's hundreds of loops. So they spin for some microseconds.
// It reads its settings when it is loaded, so the program starts itself again with them, and with
// what cuBLAS needs to give the same bits twice.
void use_passive_threads(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  setenv("GOMP_SPINCOUNT", "10000", 0);
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  execv("/proc/self/exe", argv);
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h"; }

int run(std::vector<std::string> words, char** argv) {
  if (words.empty() || asks_for_help(words[0]) || words[0] == "help") {
    fmt::print("{}", nas::cli::program_help_text());
    return words.empty() ? nas::common::kExitUsage : nas::common::kExitDone;
  }
  if (words[0] == "--version") {
    fmt::print("nas {}\n", nas::engine::program_version());
    return nas::common::kExitDone;
  }
  if (words.size() > 1 && asks_for_help(words[1])) {
    const std::string text = nas::cli::group_help_text(words[0]);
    fmt::print("{}", text);
    if (!text.empty()) return nas::common::kExitDone;
  }
  const Command& command = nas::cli::take_command(words);
  if (std::any_of(words.begin(), words.end(), asks_for_help)) {
    fmt::print("{}", nas::cli::help_text(command));
    return nas::common::kExitDone;
  }
  if (command.runs_networks) use_passive_threads(argv);
  auto arguments = nas::cli::parse_arguments(command, words);
  return command.run(arguments);
}

// What LibTorch throws has more lines, of its own calls.
std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

// A result that did not reach its file is a failure. `error`: what writing it ended with.
int without_output(int code, int error) {
  if (error == EPIPE) return code;  // `nas … | head` has seen enough
  nas::common::log_error("[stdout] the output could not be written (disk full?)");
  return nas::common::kExitFailed;
}
int after_output(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  return without_output(code, errno);
}

int guarded_run(int argc, char** argv) {
  try {
    return after_output(run({argv + 1, argv + argc}, argv));
  } catch (const nas::common::Error& error) {
    nas::common::log_error(error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    const auto* of_system = dynamic_cast<const std::system_error*>(&error);
    if (of_system != nullptr && std::ferror(stdout) != 0)  // of fmt::print
      return without_output(nas::common::kExitDone, of_system->code().value());
    if (nas::child_trainer::is_out_of_memory(error)) {
      nas::common::log_error(kTooLittleMemory.text());
    } else {
      nas::common::log_error("[nas] a fault in nas: " + first_line(error));
    }
    return nas::common::kExitFailed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is then an error of write()
  nas::common::start_log();
  const int code = guarded_run(argc, argv);
#ifdef NAS_INSTRUMENTED  // whose reports are written at a normal end
  return code;
#else
  // Files are closed by who opened them. LibTorch would take a tenth of a second to forget its
  // operators.
  std::fflush(nullptr);
  std::_Exit(code);
#endif
}
