#include "cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

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

// A flag takes no word of its own, so that `--json FILE` works; `--flag=false` is rewritten.
std::vector<std::string> with_flag_values(std::vector<std::string> words,
                                          const common::Options& options) {
  for (auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || !common::starts_with(word, "--")) continue;
    const std::string name = word.substr(2, equals - 2);
    if (options.contains(name) && options.at(name).type_text() == "flag")
      word = "--set=" + word.substr(2);
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

// Of `names`, the one that `word` begins or nearly is; empty when all are other words.
std::string nearest(const std::string& word, const std::vector<std::string>& names) {
  std::string found;
  size_t best = word.size() / 4 + 2;
  for (const auto& name : names) {
    const size_t distance = common::starts_with(name, word) ? 0 : common::edit_distance(word, name);
    if (distance >= best) continue;
    best = distance;
    found = name;
  }
  return found;
}

[[noreturn]] void throw_unknown(const std::vector<std::string>& words) {
  std::vector<std::string> names = public_names();
  std::vector<std::string> group;  // "data import", "data make", … when the first word is "data"
  std::copy_if(names.begin(), names.end(), std::back_inserter(group),
               [&](const auto& name) { return common::starts_with(name, words[0] + " "); });
  const bool two_words = !group.empty() && words.size() > 1 && words[1][0] != '-';
  const std::string got = two_words ? words[0] + " " + words[1] : words[0];
  if (!group.empty()) names = group;
  const std::string near = group.empty() || two_words ? nearest(got, names) : "";
  throw common::UsageError({.where = "nas",
                            .what = "unknown command",
                            .got = "'" + got + "'",
                            .expected = "one of: " + common::join(names, ", "),
                            .hint = near.empty() ? "nas --help" : "nas " + near});
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
  each("config", [&](const std::string& file) {
    arguments.options.read_toml(common::read_file(file), file);
  });
  std::map<std::string, std::string> lists;  // they may be given part by part
  for (const auto& option : parsed) {
    if (option.string_key == "config" || option.string_key == "positional" ||
        option.string_key == "set")
      continue;
    std::string text = option.value.empty() ? "true" : common::join(option.value, ",");
    if (arguments.options.at(option.string_key).type_text() == "list") {
      std::string& earlier = lists[option.string_key];
      text = earlier += (earlier.empty() ? "" : ",") + text;
    }
    arguments.options.set(option.string_key, text, "flag");
  }
  each("set", [&](const std::string& pair) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos) {
      throw common::UsageError({.where = "--set",
                                .what = "not a setting",
                                .got = "'" + pair + "'",
                                .expected = "KEY=VALUE"});
    }
    arguments.options.set(pair.substr(0, equals), pair.substr(equals + 1), "flag");
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
  std::string text =
      "nas finds a neural architecture for your images, trains it, and exports it.\n\n"
      "  nas search --proxy cifar10          search for the best cell\n"
      "  nas transfer --dataset coastline    train it on the full dataset\n\nCommands\n";
  for (const auto& name : public_names())
    text += fmt::format("  {:<18}{}\n", name, common::Registry<Command>::find(name).summary);
  return text + "\n`nas COMMAND --help` lists a command's options; docs/options.md has them all.\n";
}

}  // namespace nas::cli
