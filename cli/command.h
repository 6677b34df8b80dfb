// A subcommand of nas. One file each in cli/commands/.
#pragma once

#include <string>
#include <vector>

#include "common/options.h"
#include "common/registry.h"

namespace nas::cli {

struct Arguments {
  common::Options options;               // checked
  std::vector<std::string> positionals;  // in order
};

struct Command {
  static constexpr const char* kKind = "command";
  std::string name;     // "search", or of two words: "data import"
  std::string summary;  // one sentence
  std::string usage;    // what stands behind the name: "ARCH|FILE [options]"
  common::OptionList (*options)() = nullptr;
  int (*run)(Arguments& arguments) = nullptr;  // returns an exit code
  size_t min_positionals = 0;
  size_t max_positionals = 0;
  bool runs_networks = false;  // in this process, with several threads
  bool hidden = false;         // started by nas itself, not by people
};

// The command that `words` begins with, whose name (one word or two) is taken off them. Throws
// UsageError that names the nearest command, and those that people start.
const Command& take_command(std::vector<std::string>& words);

// Parses `words` (without the command's name) by Boost.Program_options against the command's
// options, `--config FILE` and `--set key=value`; later words win over the file. Throws UsageError,
// ConfigError.
Arguments parse_arguments(const Command& command, const std::vector<std::string>& words);

// --help of one command, of the program, and of the commands whose first word is `word` ("data");
// the latter is empty where there are none.
std::string help_text(const Command& command);
std::string program_help_text();
std::string group_help_text(const std::string& word);

}  // namespace nas::cli
