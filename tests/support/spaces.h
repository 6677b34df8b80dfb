// The spaces that the conformance suites go over: all registered ones, and some from files.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "search_space/network_options.h"
#include "search_space/settings_space.h"
#include "search_space/space_file.h"

namespace nas::search_space {

struct NamedSpace {
  std::string name;
  std::function<std::unique_ptr<Space>()> make;
};

// Three operations, three nodes; identities that pass on, combinations of both kinds.
inline constexpr const char* kThreeByThree = R"(
operations = ["conv_3x3", "max_pool_3x3", "identity"]
nodes = 3
combine = "either"
)";
// One cell for both, dead nodes, states that are read twice.
inline constexpr const char* kOneCell = R"(
skeleton = "darts"
operations = ["none", "skip_connect", "sep_conv_3x3", "avg_pool_3x3"]
nodes = 4
inputs = 3
repeat-inputs = true
output = "last-node"
cells = "normal"
)";
// Every node reads all states before it.
inline constexpr const char* kAllEdges = R"(
skeleton = "nasbench201"
operations = ["none", "skip_connect", "nor_conv_3x3", "avg_pool_3x3"]
nodes = 4
inputs = 0
)";
inline constexpr const char* kSettings = R"(
[lr]
min = 0.01
max = 1.0
scale = "log"
levels = 20
[cells]
min = 1
max = 4
[augment]
choices = [["pad-crop", "flip"], ["pad-crop", "flip", "cutout"]]
[momentum]
min = 0.8
max = 0.99
)";

// Options that settings are chosen of, as those of a training.
inline common::Options some_options() {
  common::Options options(NetworkOptions().options());
  options.declare({{.name = "lr", .value = 0.1, .help = "", .min = 0.0, .max = 100},
                   {.name = "weight-decay", .value = 3e-4, .help = "", .min = 0.0, .max = 1},
                   {.name = "momentum", .value = 0.9, .help = "", .min = 0.0, .max = 0.9999},
                   {.name = "drop-path", .value = 0.0, .help = "", .min = 0.0, .max = 0.95},
                   {.name = "clip", .value = 5.0, .help = "", .min = 0.0},
                   {.name = "aux", .value = false, .help = ""},
                   {.name = "augment",
                    .value = std::vector<std::string>{"pad-crop", "flip"},
                    .help = "",
                    .choices = {"cutout", "flip", "pad-crop"}}});
  return options;
}

inline std::vector<NamedSpace> all_spaces() {
  std::vector<NamedSpace> all;
  for (const auto& [name, entry] : common::Registry<SpacePlugin>::entries())
    all.push_back({name, entry.plugin.make});
  const std::pair<std::string, std::string> files[] = {
      {"three.toml", kThreeByThree}, {"one_cell.toml", kOneCell}, {"edges.toml", kAllEdges}};
  for (const auto& [name, text] : files)
    all.push_back({name, [name = name, text = text] { return read_space(text, name); }});
  all.push_back({"settings.toml", []() -> std::unique_ptr<Space> {
                   return read_settings(kSettings, "settings.toml", some_options());
                 }});
  return all;
}

inline bool is_of_settings(const Space& space) {
  return dynamic_cast<const SettingsSpace*>(&space) != nullptr;
}

inline std::vector<NamedSpace> spaces_of_networks() {
  std::vector<NamedSpace> all = all_spaces();
  std::erase_if(all, [](const NamedSpace& named) { return is_of_settings(*named.make()); });
  return all;
}

}  // namespace nas::search_space
