// The keys of a space file, or of a section of it, as options that know where they were read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/options.h"
#include "common/toml_values.h"
#include "search_space/space.h"

namespace nas::search_space {

class SpaceFileKeys {
 public:
  SpaceFileKeys(common::OptionList declared, std::string file)
      : options_(std::move(declared)), file_(std::move(file)) {}

  // `name`: the key's own, without its section.
  void set(const std::string& name, const common::TomlValue& value) {
    lines_[name] = value.line;
    if (first_line_ == 0) first_line_ = value.line;
    options_.set_value(name, value.value, file_, file_ + ":" + std::to_string(value.line));
  }

  const common::Options& options() const { return options_; }
  const std::string& file() const { return file_; }
  bool given(const std::string& name) const { return lines_.count(name) > 0; }
  // FILE:LINE of a key; of one that is not given: of the first.
  std::string place(const std::string& name) const {
    return file_ + ":" + std::to_string(given(name) ? lines_.at(name) : first_line_);
  }
  [[noreturn]] void reject(const std::string& name, const std::string& what, const std::string& got,
                           const std::string& expected, const std::string& hint = "") const {
    throw common::ConfigError({.where = place(name) + ": " + name,
                               .what = what,
                               .got = got,
                               .expected = expected,
                               .hint = hint});
  }

 private:
  common::Options options_;
  std::string file_;
  std::map<std::string, int64_t> lines_;
  int64_t first_line_ = 0;
};

constexpr int64_t kMostLevels = 1000;  // of a setting

// Throws ConfigError: a file without any value, or a section without one.
void refuse_empty_sections(const std::string& text, const std::string& file);

}  // namespace nas::search_space
