// What every registered command must do, in this process: its declarations, its help, its page, and
// its answer to words that make no sense. tests/cli/command_test.cpp asks the program itself.
#include "cli/command.h"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cctype>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"

namespace nas::cli {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using common::Option;
using common::Registry;

constexpr const char* kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr const char* kNameLetters = "abcdefghijklmnopqrstuvwxyz0123456789-.";

common::OptionList options_of(const Command& command) {
  return command.options == nullptr ? common::OptionList() : command.options();
}

// Lines are broken anywhere, so texts are compared without spaces.
std::string packed(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
  return text;
}

// What the help says of an option: from the line of its name to the next name.
std::string help_of(const Command& command, const std::string& option) {
  std::string found;
  bool within = false;
  for (const auto& line : common::split(help_text(command), '\n')) {
    if (common::starts_with(line, "  --"))
      within = common::starts_with(line, "  --" + option + " ");
    if (within) found += line;
  }
  return packed(found);
}

// The message that answers `words`, which must be refused as a matter of usage.
std::string refusal(const Command& command, const std::vector<std::string>& words) {
  try {
    parse_arguments(command, words);
  } catch (const common::Error& error) {
    CHECK(error.exit_code() == common::kExitUsage);
    return error.what();
  }
  return "it was accepted";
}

// Values that an option must not take.
std::vector<std::string> wrong_values(const Option& option) {
  const std::string type = option.type_text();
  if (type == "list" || (type == "text" && option.choices.empty())) return {};
  std::vector<std::string> wrong = {"no-such-value"};
  if (type == "integer") wrong.insert(wrong.end(), {"2.5", "7x", "99999999999999999999"});
  if (type == "number") wrong.insert(wrong.end(), {"7x", "nan", "inf"});
  const auto beyond = [&](double limit, double by) {
    wrong.push_back(type == "integer" ? fmt::format("{:.0f}", limit + by)
                                      : fmt::format("{}", limit + by));
  };
  if (option.min) beyond(*option.min, -1);
  if (option.max) beyond(*option.max, 1);
  return wrong;
}

TEST_CASE("Every command has a name, a summary of one sentence and its function", "[conformance]") {
  REQUIRE(!Registry<Command>::names().empty());
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    CAPTURE(name);
    const Command& command = entry.plugin;
    CHECK(command.name == name);
    CHECK(common::split(name, ' ').size() <= 2);  // what main() looks up
    CHECK(name.find_first_not_of(std::string(kLower) + "- ") == std::string::npos);
    CHECK_FALSE(command.summary.empty());
    CHECK(std::isupper(static_cast<unsigned char>(command.summary[0])) != 0);
    CHECK(command.summary.back() != '.');  // help adds it
    CHECK(command.summary.find(". ") == std::string::npos);
    CHECK(command.summary.find('\n') == std::string::npos);
    CHECK(command.run != nullptr);
    CHECK(command.min_positionals <= command.max_positionals);
    const bool takes_options = command.usage.find("[options]") != std::string::npos;
    CHECK(takes_options == (command.options != nullptr));
  }
}

TEST_CASE("Every option has a name to type, a help text and a default that it would accept",
          "[conformance]") {
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    common::Options options(options_of(entry.plugin));
    for (const Option& option : options_of(entry.plugin)) {
      CAPTURE(name, option.name);
      CHECK(option.name.find_first_not_of(kNameLetters) == std::string::npos);
      CHECK_FALSE(option.help.empty());
      CHECK(option.help.back() != '.');
      CHECK_NOTHROW(options.set(option.name, option.value_text(), "test"));
      CHECK(options.at(option.name).value == option.value);
      CHECK((!option.min || !option.max || *option.min < *option.max));
    }
  }
}

TEST_CASE("Every command's help shows each option with its help text, unit, range and default",
          "[conformance]") {
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    const std::string help = help_text(entry.plugin);
    CAPTURE(name);
    CHECK_THAT(help, StartsWith("nas " + name + " " + entry.plugin.usage + "\n"));
    CHECK_THAT(help, ContainsSubstring("\n" + entry.plugin.summary + ".\n"));
    for (const Option& option : options_of(entry.plugin)) {
      const std::string shown = help_of(entry.plugin, option.name);
      CAPTURE(option.name, shown);
      CHECK_THAT(shown, ContainsSubstring(packed(option.help)));
      CHECK_THAT(shown, ContainsSubstring(packed(option.unit)));
      CHECK_THAT(shown, ContainsSubstring(packed(option.range_text())));
      if (option.type_text() == "flag" || option.value_text().empty()) continue;
      CHECK_THAT(shown, ContainsSubstring(packed("default " + option.value_text())));
    }
  }
}

TEST_CASE("Every command answers an unknown option with the nearest", "[conformance]") {
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    CAPTURE(name);
    CHECK_THAT(refusal(entry.plugin, {"--no-such-option"}), ContainsSubstring("'no-such-option'"));
    for (const Option& option : options_of(entry.plugin)) {
      const std::string message = refusal(entry.plugin, {"--z" + option.name});
      CAPTURE(message);
      CHECK_THAT(message, StartsWith("[nas " + name + "] ") &&
                              ContainsSubstring("got 'z" + option.name + "'") &&
                              ContainsSubstring("try '" + option.name + "'"));
    }
  }
}

TEST_CASE("Every option refuses values of another type or out of its range", "[conformance]") {
  size_t refused = 0;
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    for (const Option& option : options_of(entry.plugin)) {
      for (const std::string& value : wrong_values(option)) {
        const std::string message = refusal(entry.plugin, {"--" + option.name + "=" + value});
        CAPTURE(name, value, message);
        CHECK_THAT(message, StartsWith("[--" + option.name + "] ") &&
                                ContainsSubstring("expected " + option.type_text()) &&
                                ContainsSubstring(option.range_text()));
        ++refused;
      }
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("Every command but the hidden ones is in the program's help and on the page of options",
          "[conformance]") {
  const std::string help = program_help_text();
  const std::string page = common::read_file(std::string(NAS_SOURCE_DIR) + "/docs/options.md");
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    CAPTURE(name);
    const bool shown = !entry.plugin.hidden;
    const size_t listed = help.find("\n  " + name + " ");
    CHECK((listed != std::string::npos) == shown);
    const size_t begin = page.find("\n## nas " + name + "\n");
    CHECK((begin != std::string::npos) == shown);
    if (!shown || begin == std::string::npos) continue;
    const std::string section = page.substr(begin, page.find("\n## ", begin + 1) - begin);
    CHECK_THAT(section, ContainsSubstring(entry.plugin.summary));
    for (const Option& option : options_of(entry.plugin)) {
      CHECK_THAT(section, ContainsSubstring("| `--" + option.name + "` |"));
    }
  }
}

}  // namespace
}  // namespace nas::cli
