// Spaces by their names, or from files.
#include <filesystem>

#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
#include "search_space/space_file.h"

namespace nas::search_space {

namespace {

[[noreturn]] void throw_no_space(const std::string& text, const std::string& what,
                                 bool of_settings) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : common::Registry<SpacePlugin>::entries()) {
    if (entry.plugin.of_settings == of_settings) names.push_back(name);
  }
  throw common::UsageError({.where = "--space",
                            .what = what,
                            .got = "'" + text + "'",
                            .expected = "one of: " + common::join(names, ", ") +
                                        ", or a file that ends in .toml (docs/spaces.md)",
                            .hint = common::nearest(text, names)});
}

std::string read_file_of(const std::string& text, bool of_settings) {
  std::error_code error;
  if (std::filesystem::is_directory(text, error))
    throw_no_space(text, "it is a folder, not a file", of_settings);
  if (!std::filesystem::is_regular_file(text, error))
    throw_no_space(text, "no such file", of_settings);
  return common::read_file(text);
}

// Of the kind that is asked for.
const SpacePlugin& plugin_named(const std::string& text, bool of_settings) {
  if (common::Registry<SpacePlugin>::contains(text)) {
    const SpacePlugin& plugin = common::Registry<SpacePlugin>::find(text);
    if (plugin.of_settings == of_settings) return plugin;
    if (of_settings) refuse_networks(text);
    refuse_settings(text);
  }
  std::error_code error;
  const bool file = std::filesystem::is_regular_file(text, error);
  throw_no_space(text, file ? "the name of a space's file ends in .toml" : "unknown space",
                 of_settings);
}

}  // namespace

void refuse_settings(const std::string& text) {
  const std::string space = "--space " + text;
  throw common::UsageError({.where = space,
                            .what = "it has settings of a training, not networks",
                            .hint = "nas tune " + space + " --arch NAME --dataset NAME"});
}

void refuse_networks(const std::string& text) {
  const std::string space = "--space " + text;
  throw common::UsageError({.where = space,
                            .what = "it has networks, not settings of a training",
                            .expected = "hyper, or a TOML file of settings (docs/spaces.md)",
                            .hint = "nas search " + space});
}

std::unique_ptr<Space> find_space(const std::string& text) {
  if (is_space_file(text)) return read_space(read_file_of(text, false), text);
  return plugin_named(text, false).make();
}

std::unique_ptr<SettingsSpace> find_settings(const std::string& text,
                                             const common::Options& options) {
  if (is_space_file(text)) return read_settings(read_file_of(text, true), text, options);
  const auto space = plugin_named(text, true).make();
  return std::make_unique<SettingsSpace>(dynamic_cast<const SettingsSpace&>(*space));
}

}  // namespace nas::search_space
