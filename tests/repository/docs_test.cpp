// The pages say what is so: links lead somewhere, commands and options exist, the generated page is
// the one that the program prints.
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "cli/command.h"
#include "common/process.h"
#include "tests/repository/markdown.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using cli::Command;
using common::Registry;

std::vector<std::string> pages() {
  std::vector<std::string> all = {"README.md", "CONTRIBUTING.md"};
  for (const std::string& file : repository_files()) {
    if (first_folder(file) == "docs" && ends_with(file, ".md")) all.push_back(file);
  }
  return all;
}

TEST_CASE("docs: Markdown is understood", "[repository]") {
  using Words = std::vector<std::string>;
  const auto commands = parted_commands("A=1 nas show '|a~0|+|b c|' --x=2 | sort >out  # why");
  REQUIRE(commands.size() == 3);
  CHECK(commands[0] == Words{"A=1", "nas", "show", "|a~0|+|b c|", "--x=2"});
  CHECK(commands[1] == Words{"sort"});
  CHECK(commands[2] == Words{"out"});
  CHECK(parted_commands("nas list \"\"")[0].size() == 3);
}

TEST_CASE("docs: every link within the repository leads to a file and its heading",
          "[repository]") {
  for (const std::string& page : pages()) {
    for (const std::string& link : links_of(page)) {
      if (link.find("://") != std::string::npos || common::starts_with(link, "mailto:")) continue;
      CAPTURE(page, link);
      const auto parts = common::split(link, '#');
      fs::path target = page;
      if (!parts[0].empty()) target = (fs::path(page).parent_path() / parts[0]).lexically_normal();
      const bool exists = fs::exists(repository() / target);
      CHECK(exists);
      if (!exists || parts.size() == 1) continue;
      const auto anchors = anchors_of(target.string());
      CHECK(std::find(anchors.begin(), anchors.end(), parts[1]) != anchors.end());
    }
  }
}

TEST_CASE("docs: every page is linked from the README", "[repository]") {
  std::set<std::string> linked;
  for (const std::string& link : links_of("README.md")) {
    linked.insert(common::split(link, '#')[0]);
  }
  for (const std::string& page : pages()) {
    if (page == "README.md") continue;
    CAPTURE(page);
    CHECK(linked.count(page) == 1);
  }
}

std::set<std::string> option_names(const Command& command) {
  std::set<std::string> names = {"help", "config", "set"};
  if (command.options == nullptr) return names;
  for (const auto& option : command.options()) names.insert(option.name);
  return names;
}

// words[0] is nas itself.
void check_command(const std::vector<std::string>& words) {
  REQUIRE(words.size() > 1);
  if (words[1] == "--help" || words[1] == "--version" || words[1] == "help") return;
  std::string name = words[1];
  if (words.size() > 2 && Registry<Command>::contains(name + " " + words[2]))
    name += " " + words[2];
  CAPTURE(name);
  REQUIRE(Registry<Command>::contains(name));
  const auto options = option_names(Registry<Command>::find(name));
  for (const std::string& word : words) {
    if (!common::starts_with(word, "--") || word == "--") continue;
    CAPTURE(word);
    CHECK(options.count(common::split(word.substr(2), '=')[0]) == 1);
  }
}

TEST_CASE("docs: every nas command in a block exists and has the options given to it",
          "[repository]") {
  size_t checked = 0;
  for (const std::string& page : pages()) {
    for (const ShellCommand& command : shell_commands(page)) {
      if (command.words[0] != "nas" && !ends_with(command.words[0], "/nas")) continue;
      CAPTURE(command.place, command.words);
      check_command(command.words);
      ++checked;
    }
  }
  CHECK(checked >= 5);
}

TEST_CASE("docs: every script named in a block is there", "[repository]") {
  for (const std::string& page : pages()) {
    for (const ShellCommand& command : shell_commands(page)) {
      if (!common::starts_with(command.words[0], "scripts/")) continue;
      CAPTURE(command.place, command.words[0]);
      CHECK(fs::is_regular_file(repository() / command.words[0]));
    }
  }
}

TEST_CASE("docs: every command of the program is on a page", "[repository]") {
  std::string text;
  for (const std::string& page : pages()) {
    if (page != "docs/options.md") text += common::read_file(repository() / page);
  }
  for (const auto& [name, entry] : Registry<Command>::entries()) {
    if (entry.plugin.hidden) continue;
    CAPTURE(name);
    CHECK(text.find("nas " + name) != std::string::npos);
  }
}

TEST_CASE("docs: options.md is what the program prints", "[repository]") {
  const std::string output = common::run_and_capture({NAS_PROGRAM, "options-page"});
  const auto printed = common::split(output, '\n');
  const auto page = lines_of("docs/options.md");
  for (size_t i = 0; i < std::min(printed.size(), page.size()); ++i) {
    CAPTURE(i + 1);
    REQUIRE(page[i] == printed[i]);  // else: nas options-page > docs/options.md
  }
  CHECK(page.size() == printed.size());
}

}  // namespace
}  // namespace nas::tests
