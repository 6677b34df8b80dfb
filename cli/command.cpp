#include "cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <filesystem>
#include <sstream>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"

namespace nas::cli {

namespace po = boost::program_options;

namespace {

std::string default_text(const common::Option& option) {
  const std::string value = option.value_text();
  return value.empty() || option.type_text() == "flag" ? "" : "default " + value;
}

std::string description(const common::Option& option) {
  std::vector<std::string> notes;
  if (!option.unit.empty()) notes.push_back(option.unit);
  if (const auto range = option.range_text(); !range.empty()) notes.push_back(range);
  if (const auto value = default_text(option); !value.empty()) notes.push_back(value);
  if (!option.presets.empty()) notes.push_back("preset " + option.presets_text());
  return option.help + (notes.empty() ? "" : " [" + common::join(notes, "; ") + "]");
}

po::options_description described(const common::Options& options) {
  po::options_description all("Options", 100);
  for (const auto& option : options.all()) {
    if (option.type_text() == "flag") {
      all.add_options()(option.name.c_str(), description(option).c_str());
      continue;
    }
    auto* value = po::value<std::vector<std::string>>()->composing();
    const std::string type = option.type_text();
    value->value_name(type == "integer" ? "N" : type == "number" ? "X" : "TEXT");
    all.add_options()(option.name.c_str(), value, description(option).c_str());
  }
  all.add_options()("config", po::value<std::vector<std::string>>()->value_name("FILE"),
                    "read options from a TOML file: keys are the names above");
  all.add_options()("set", po::value<std::vector<std::string>>()->value_name("KEY=VALUE"),
                    "set an option by its key; may be given often");
  return all;
}

constexpr const char* kFlagValue = "flag-value";

// A flag takes no word of its own, so that `--json FILE` works; `--aux=false` is rewritten to
// `--flag-value=aux=false`.
std::vector<std::string> with_flag_values(std::vector<std::string> words,
                                          const common::Options& options) {
  for (auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || !common::starts_with(word, "--")) continue;
    const std::string name = word.substr(2, equals - 2);
    if (options.contains(name) && options.at(name).type_text() == "flag")
      word = std::string("--") + kFlagValue + "=" + word.substr(2);
  }
  return words;
}

// Names of the commands that people start.
std::vector<std::string> public_names() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : common::Registry<Command>::entries()) {
    if (!entry.plugin.hidden) names.push_back(name);
  }
  return names;
}

// "data import", "data make", … of the word "data"; empty for a command of one word.
std::vector<std::string> names_of_group(const std::string& word) {
  std::vector<std::string> group;
  for (const auto& name : public_names()) {
    if (common::starts_with(name, word + " ")) group.push_back(name);
  }
  return group;
}

[[noreturn]] void throw_unknown(const std::vector<std::string>& words) {
  const std::vector<std::string> group = names_of_group(words[0]);
  const bool two_words = !group.empty() && words.size() > 1 && !common::starts_with(words[1], "-");
  if (!group.empty() && !two_words) {
    throw common::UsageError({.where = "nas " + words[0],
                              .what = "a word is missing behind '" + words[0] + "'",
                              .expected = "one of: " + common::join(group, ", "),
                              .hint = "nas " + words[0] + " --help"});
  }
  const std::vector<std::string> names = group.empty() ? public_names() : group;
  const std::string got = two_words ? words[0] + " " + words[1] : words[0];
  const std::string near = common::nearest(got, names);
  throw common::UsageError({.where = "nas",
                            .what = "unknown command",
                            .got = "'" + got + "'",
                            .expected = "one of: " + common::join(names, ", "),
                            .hint = near.empty() ? "nas --help" : "nas " + near});
}

// An option that this command lacks, and others have.
void refuse_option_of_others(const Command& command, const std::string& name,
                             const common::Options& known) {
  std::vector<std::string> names;
  for (const auto& option : known.all()) names.push_back(option.name);
  std::vector<std::string> others;
  for (const auto& other : public_names()) {
    const Command& one = common::Registry<Command>::find(other);
    if (one.options != nullptr && common::Options(one.options()).contains(name))
      others.push_back("nas " + other);
  }
  if (known.contains(name) || others.empty()) return;
  const std::string near = common::nearest(name, names);
  throw common::ConfigError({.where = "nas " + command.name,
                             .what = "an option of " + common::join(others, ", "),
                             .got = "'" + name + "'",
                             .expected = "nas " + command.name + " " + command.usage,
                             .hint = near.empty() ? "--help" : "'" + near + "'"});
}

// The file that --config names.
std::string read_config(const std::string& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error) && !std::filesystem::is_directory(file, error)) {
    return common::read_file(file);
  }
  throw common::UsageError({.where = "--config",
                            .what = "no such file",
                            .got = "'" + file + "'",
                            .expected = "a TOML file of options"});
}

struct Setting {
  std::string name;
  std::string value;
};

// From KEY=VALUE.
Setting parse_setting(const std::string& pair) {
  const auto equals = pair.find('=');
  if (equals == std::string::npos) {
    throw common::UsageError({.where = "--set",
                              .what = "not a setting",
                              .got = "'" + pair + "'",
                              .expected = "KEY=VALUE"});
  }
  return {.name = pair.substr(0, equals), .value = pair.substr(equals + 1)};
}

std::string lines_of(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names)
    text += fmt::format("  {:<18}{}\n", name, common::Registry<Command>::find(name).summary);
  return text;
}

}  // namespace

const Command& take_command(std::vector<std::string>& words) {
  using Commands = common::Registry<Command>;
  const std::string two = words.size() > 1 ? words[0] + " " + words[1] : "";
  const std::string name = Commands::contains(two) ? two : words[0];
  if (!Commands::contains(name)) throw_unknown(words);
  words.erase(words.begin(), words.begin() + (name == two ? 2 : 1));
  return Commands::find(name);
}

Arguments parse_arguments(const Command& command, const std::vector<std::string>& words) {
  Arguments arguments;
  if (command.options != nullptr) arguments.options.declare(command.options());
  po::options_description all = described(arguments.options);
  all.add_options()("positional", po::value<std::vector<std::string>>());
  all.add_options()(kFlagValue, po::value<std::vector<std::string>>());
  po::positional_options_description positionals;
  positionals.add("positional", -1);
  const std::string where = "nas " + command.name;
  std::vector<po::option> parsed;
  try {
    namespace style = po::command_line_style;
    const auto result = po::command_line_parser(with_flag_values(words, arguments.options))
                            .options(all)
                            .positional(positionals)
                            .style(style::unix_style & ~style::allow_guessing & ~style::allow_short)
                            .run();
    parsed = result.options;
  } catch (const po::unknown_option& error) {
    common::Options known = arguments.options;
    std::string name = error.get_option_name();
    name.erase(0, name.find_first_not_of('-'));
    refuse_option_of_others(command, name, known);
    known.set(name, "", where);  // throws, with the nearest name
  } catch (const po::error& error) {
    throw common::UsageError({.where = where, .what = error.what(), .hint = where + " --help"});
  }
  const auto each = [&](const std::string& key, const auto& apply) {
    for (const auto& option : parsed) {
      if (option.string_key == key) {
        for (const auto& value : option.value) apply(value);
      }
    }
  };
  each("config",
       [&](const std::string& file) { arguments.options.read_toml(read_config(file), file); });
  std::map<std::string, std::string> lists;  // they may be given part by part
  for (const auto& option : parsed) {
    if (option.string_key == "config" || option.string_key == "positional" ||
        option.string_key == "set")
      continue;
    if (option.string_key == kFlagValue) {
      const Setting setting = parse_setting(option.value.at(0));
      arguments.options.set(setting.name, setting.value, "flag");
      continue;
    }
    std::string text = option.value.empty() ? "true" : common::join(option.value, ",");
    if (arguments.options.at(option.string_key).type_text() == "list") {
      std::string& earlier = lists[option.string_key];
      text = earlier += (earlier.empty() ? "" : ",") + text;
    }
    arguments.options.set(option.string_key, text, "flag");
  }
  each("set", [&](const std::string& pair) {
    const Setting setting = parse_setting(pair);
    arguments.options.set(setting.name, setting.value, "--set");
  });
  each("positional", [&](const std::string& word) { arguments.positionals.push_back(word); });
  if (arguments.positionals.size() < command.min_positionals ||
      arguments.positionals.size() > command.max_positionals) {
    throw common::UsageError({.where = where,
                              .what = arguments.positionals.size() < command.min_positionals
                                          ? "an argument is missing"
                                          : "too many arguments",
                              .got = arguments.positionals.empty()
                                         ? ""
                                         : "'" + common::join(arguments.positionals, " ") + "'",
                              .expected = where + " " + command.usage});
  }
  return arguments;
}

std::string help_text(const Command& command) {
  common::Options options;
  if (command.options != nullptr) options.declare(command.options());
  std::ostringstream text;
  text << "nas " << command.name << " " << command.usage << "\n\n"
       << command.summary << ".\n\n"
       << described(options);
  return text.str();
}

std::string program_help_text() {
  return "nas finds a neural architecture for your images, trains it, and exports it.\n\n"
         "  nas search --proxy cifar10          search for the best cell\n"
         "  nas transfer --dataset coastline    train it on the full dataset\n\nCommands\n" +
         lines_of(public_names()) +
         "\n`nas COMMAND --help` lists a command's options; docs/options.md has them all.\n";
}

std::string group_help_text(const std::string& word) {
  const auto names = names_of_group(word);
  if (names.empty()) return "";
  return "nas " + word + " …\n\n" + lines_of(names) + "\n`nas " + names.front() +
         " --help` lists the options of that one.\n";
}

}  // namespace nas::cli
