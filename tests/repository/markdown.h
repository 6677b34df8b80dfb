// What the tests of the pages need to know of Markdown: links, headings, and commands in blocks.
#pragma once

#include <cctype>
#include <string>
#include <vector>

#include "tests/repository/source_files.h"

namespace nas::tests {

struct Line {
  size_t number = 0;  // from 1
  std::string text;
  std::string block;  // the language of the fenced block that it is in; empty: none, or not named
  bool fenced = false;
};

inline std::vector<Line> markdown_lines(const std::string& file) {
  std::vector<Line> lines;
  std::string block;
  bool fenced = false;
  for (const std::string& text : lines_of(file)) {
    const std::string trimmed = common::trim(text);
    if (common::starts_with(trimmed, "```")) {
      fenced = !fenced;
      block = fenced ? common::trim(trimmed.substr(3)) : "";
      lines.push_back({.number = lines.size() + 1, .text = "", .block = "", .fenced = true});
    } else {
      lines.push_back({.number = lines.size() + 1, .text = text, .block = block, .fenced = fenced});
    }
  }
  return lines;
}

// Targets of `[text](target)` outside of blocks and of `code`.
inline std::vector<std::string> links_of(const std::string& file) {
  std::vector<std::string> links;
  for (const Line& line : markdown_lines(file)) {
    if (line.fenced) continue;
    std::string text;
    const auto parts = common::split(line.text, '`');
    for (size_t i = 0; i < parts.size(); ++i) text += i % 2 == 0 ? parts[i] : "code";
    for (size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
      const size_t end = text.find(')', at);
      if (end == std::string::npos) break;
      links.push_back(common::split(text.substr(at + 2, end - at - 2), ' ')[0]);
    }
  }
  return links;
}

// The anchors that GitHub gives to the headings: "## Your own images" -> "your-own-images".
inline std::vector<std::string> anchors_of(const std::string& file) {
  std::vector<std::string> anchors;
  for (const Line& line : markdown_lines(file)) {
    if (line.fenced || !common::starts_with(line.text, "#")) continue;
    const size_t start = line.text.find_first_not_of('#');
    if (start == std::string::npos) continue;
    std::string anchor;
    for (const char c : common::trim(line.text.substr(start))) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == ' ') anchor += '-';
      if (std::isalnum(byte) != 0 || byte >= 128 || c == '-' || c == '_') {
        anchor += static_cast<char>(std::tolower(byte));
      }
    }
    anchors.push_back(anchor);
  }
  return anchors;
}

struct ShellCommand {
  std::string place;  // "README.md:38"
  std::vector<std::string> words;
};

// The words of each command of a line: quotes are taken off, comments dropped; `|`, `;`, `&`, `<`,
// `>` and parentheses part commands.
inline std::vector<std::vector<std::string>> parted_commands(const std::string& line) {
  std::vector<std::vector<std::string>> commands(1);
  std::string word;
  bool inside = false;  // of a word, which may be an empty quoted one
  char quote = 0;
  const auto end_word = [&] {
    if (inside) commands.back().push_back(word);
    word.clear();
    inside = false;
  };
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      inside = true;
    } else if (c == '#' && !inside) {
      break;
    } else if (std::string("|;&<>()").find(c) != std::string::npos) {
      end_word();
      commands.emplace_back();
    } else if (c == ' ' || c == '\t') {
      end_word();
    } else {
      word += c;
      inside = true;
    }
  }
  end_word();
  return commands;
}

// Commands of ```sh blocks, and those behind "$ " in ```console blocks. Settings of variables
// before a command are left out, and lines that end with a backslash are joined.
inline std::vector<ShellCommand> shell_commands(const std::string& file) {
  std::vector<ShellCommand> all;
  std::string joined;
  for (const Line& line : markdown_lines(file)) {
    if (line.block != "sh" && line.block != "console") continue;
    const bool prompt = common::starts_with(line.text, "$ ");
    if (line.block == "console" && !prompt && joined.empty()) continue;
    joined += prompt ? line.text.substr(2) : line.text;
    if (ends_with(joined, "\\")) {
      joined.back() = ' ';
      continue;
    }
    for (auto& words : parted_commands(joined)) {
      const auto is_setting = [](const std::string& word) {
        const size_t equals = word.find('=');
        return equals != std::string::npos && equals > 0 && word[0] != '-';
      };
      while (!words.empty() && is_setting(words[0])) words.erase(words.begin());
      if (words.empty()) continue;
      all.push_back({.place = file + ":" + std::to_string(line.number), .words = words});
    }
    joined.clear();
  }
  return all;
}

}  // namespace nas::tests
