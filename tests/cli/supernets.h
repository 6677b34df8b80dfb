// Searches of the real program with shared weights: a few steps on drawn images.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

// dir/shapes.h5.
inline void write_tiny_dataset(const std::filesystem::path& dir) {
  const auto made =
      run_program(common::split("data make shapes --images 200 --size 16 --data-dir .", ' '), dir);
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
}

// nas search on dir/shapes.h5: two steps an epoch.
inline std::vector<std::string> supernet_search(const std::string& run, const std::string& strategy,
                                                const std::string& more) {
  auto words = common::split(
      "search --run ./" + run + " --evaluator shared --strategy " + strategy +
          " --proxy shapes.h5 --space nasbench201 --threads 1 --device cpu --cells 1 --filters 4 "
          "--input-size 16 --train-images 64 --valid-images 32 --batch-size 32 --epochs 3 "
          "--supernet.calibration-images 64" +
          (more.empty() ? "" : " " + more),
      ' ');
  const auto& plugin = common::Registry<controller::StrategyPlugin>::find(strategy);
  if (plugin.options != nullptr && common::Options(plugin.options()).contains("units"))
    words.insert(words.end(), {"--" + strategy + ".units", "16"});
  return words;
}

// What runs of one seed share.
inline std::string supernet_outcome(const std::filesystem::path& dir, const std::string& run) {
  common::Json status = common::parse_json(outcome_of(dir, run), run);
  for (auto& trial : status["trials"]) {
    for (const char* key : {"peak_bytes", "times"}) trial["metrics"].erase(key);
  }
  return status.dump(1);
}

}  // namespace nas::tests
