// A table of rewards for all 15,625 NAS-Bench-201 cells, drawn from their names: for tests of the
// engine, no claim about accuracy.
#pragma once

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string>

#include "common/file.h"
#include "common/random.h"

namespace nas::tests {

inline double table_reward(const std::string& architecture) {
  return common::RandomStream({.purpose = architecture}).uniform();
}

inline std::string nasbench201_text(int index) {
  constexpr std::array<const char*, 5> kOperations = {"none", "skip_connect", "nor_conv_1x1",
                                                      "nor_conv_3x3", "avg_pool_3x3"};
  std::array<const char*, 6> edges = {};
  for (auto& edge : edges) {
    edge = kOperations[static_cast<size_t>(index % 5)];
    index /= 5;
  }
  return fmt::format("|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|", edges[0], edges[1], edges[2], edges[3],
                     edges[4], edges[5]);
}

// Columns: arch, reward (as the search should read it), and another.
inline void write_table(const std::filesystem::path& file) {
  std::string text = "arch,reward,negative\n";
  for (int i = 0; i < 15625; ++i) {
    const std::string architecture = nasbench201_text(i);
    const double reward = table_reward(architecture);
    text += fmt::format("{},{},{}\n", architecture, reward, -reward);
  }
  common::write_file_atomically(file, text);
}

}  // namespace nas::tests
