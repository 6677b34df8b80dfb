// --cuda-graph on is refused, before anything is begun, where a step cannot be one CUDA graph.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>

#include "common/text.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr const char* kTransfer =
    "transfer --dataset data.h5 --out model --cells 1 --filters 4 --epochs 1 --batch-size 16 "
    "--threads 1 --device cpu --arch "
    "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
    " --cuda-graph ";

TEST_CASE("cuda graph: on needs a GPU, auto does without", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(40, 10, 10, 16));
  for (const std::string& command :
       {std::string("search --proxy data.h5 --trials 1 --device cpu --cuda-graph on"),
        kTransfer + std::string("on"),
        std::string("bench trainer --cells 1 --filters 4 --device cpu --cuda-graph on")}) {
    CAPTURE(command);
    const ProgramResult result = run_program(common::split(command, ' '), dir.path());
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, ContainsSubstring("[--cuda-graph]") && ContainsSubstring("no GPU"));
  }
  CHECK_FALSE(std::filesystem::exists(dir.path() / "model"));
  CHECK_FALSE(std::filesystem::exists(dir.path() / "runs"));
  const ProgramResult result =
      run_program(common::split(kTransfer + std::string("auto"), ' '), dir.path());
  INFO(result.err);
  CHECK(result.exit_code == 0);
}

}  // namespace
}  // namespace nas::tests
