// The files of the repository, as the tests of this folder look at them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/file.h"
#include "common/text.h"

namespace nas::tests {

inline std::filesystem::path repository() { return NAS_SOURCE_DIR; }

// The floors in order; controller, child_trainer and export stand side by side.
inline const std::vector<std::pair<std::string, int>>& floors() {
  static const std::vector<std::pair<std::string, int>> all = {
      {"common", 0},        {"data", 1},   {"search_space", 2}, {"controller", 3},
      {"child_trainer", 3}, {"export", 3}, {"engine", 4},       {"cli", 5}};
  return all;
}

// -1: not a floor.
inline int level_of(const std::string& folder) {
  for (const auto& [name, level] : floors()) {
    if (name == folder) return level;
  }
  return -1;
}

inline bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

inline std::string first_folder(const std::string& path) { return common::split(path, '/')[0]; }

inline std::vector<std::string> lines_of(const std::string& file) {
  return common::split(common::read_file(repository() / file), '\n');
}

// Paths relative to the repository, sorted; without what git keeps for itself and what .gitignore
// names.
inline std::vector<std::string> repository_files() {
  std::vector<std::string> ignored = {".git", ".cache"};
  for (const std::string& line : lines_of(".gitignore")) {
    const std::string name = common::trim(line);
    if (ends_with(name, "/")) ignored.push_back(name.substr(0, name.size() - 1));
  }
  std::vector<std::string> files;
  std::filesystem::recursive_directory_iterator at(repository());
  for (; at != std::filesystem::recursive_directory_iterator(); ++at) {
    const std::string name = at->path().filename().string();
    if (std::find(ignored.begin(), ignored.end(), name) != ignored.end()) {
      if (at->is_directory()) at.disable_recursion_pending();
    } else if (at->is_regular_file()) {
      files.push_back(at->path().lexically_relative(repository()).string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Headers and sources of the floors and, where asked for, of the tests.
inline std::vector<std::string> source_files(bool with_tests) {
  std::vector<std::string> sources;
  for (const std::string& file : repository_files()) {
    const std::string folder = first_folder(file);
    const bool wanted = level_of(folder) >= 0 || (with_tests && folder == "tests");
    if (wanted && (ends_with(file, ".h") || ends_with(file, ".cpp"))) sources.push_back(file);
  }
  return sources;
}

// "common/error.h" of `#include "common/error.h"`, or "<torch/types.h" of the other kind; empty:
// the line is no include.
inline std::string included_by(const std::string& line) {
  std::string text = common::trim(line);
  if (!common::starts_with(text, "#")) return "";
  text = common::trim(text.substr(1));
  if (!common::starts_with(text, "include")) return "";
  text = common::trim(text.substr(7));
  if (text.empty() || (text[0] != '"' && text[0] != '<')) return "";
  const size_t end = text.find(text[0] == '"' ? '"' : '>', 1);
  return text[0] == '"' ? text.substr(1, end - 1) : text.substr(0, end);
}

}  // namespace nas::tests
