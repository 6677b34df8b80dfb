// A space that a TOML file describes (docs/spaces.md): of cells, or of settings of a training.
//
//   skeleton = "nasnet"                                   [lr]
//   operations = ["sep_conv_3x3", "identity"]             min = 0.01
//   nodes = 3                                             max = 1.0
//                                                         scale = "log"
#pragma once

#include <memory>
#include <string>

#include "common/options.h"
#include "search_space/space.h"

namespace nas::search_space {

// `file`: for messages. Throws ConfigError with file, line and key.
std::unique_ptr<Space> read_space(const std::string& text, const std::string& file);

// The keys of a space of cells; those of each section of a space of settings.
common::OptionList cell_space_keys();
common::OptionList setting_keys();

}  // namespace nas::search_space
