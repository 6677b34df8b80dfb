// A space that a TOML file describes (docs/spaces.md): of cells, or of settings of a training.
//
//   skeleton = "nasnet"                                   [lr]
//   operations = ["sep_conv_3x3", "identity"]             min = 0.01
//   nodes = 3                                             max = 1.0
//                                                         scale = "log"
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/options.h"
#include "search_space/settings_space.h"

namespace nas::search_space {

// One of networks. `file`: for messages. Throws ConfigError with file, line and key; UsageError:
// one of settings.
std::unique_ptr<Space> read_space(const std::string& text, const std::string& file);
// One of settings, which are among `options`. Throws as read_space().
std::unique_ptr<SettingsSpace> read_settings(const std::string& text, const std::string& file,
                                             const common::Options& options);

// What each key of the file stands for, defaults and "auto" written out, of settings each one's
// values: equal where two files describe one space. Throws as read_space() and read_settings().
using SpaceMeaning = std::map<std::string, std::string>;
SpaceMeaning space_meaning(const std::string& text, const std::string& file,
                           const common::Options& settings);

// Throw UsageError: `text`, a name or a file, is a space of the other kind.
[[noreturn]] void refuse_settings(const std::string& text);
[[noreturn]] void refuse_networks(const std::string& text);

// The keys of a space of cells; those of each section of a space of settings.
common::OptionList cell_space_keys();
common::OptionList setting_keys();

}  // namespace nas::search_space
