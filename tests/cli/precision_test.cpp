// --precision auto: a transfer takes the faster and says so; a search refuses it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/file.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;

std::vector<std::string> auto_transfer(const std::string& more) {
  return common::split(
      "transfer --dataset data.h5 --cells 1 --filters 4 --epochs 1 --batch-size 16 --threads 1 "
      "--device cpu --precision auto --arch "
      "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2| " +
          more,
      ' ');
}

TEST_CASE("precision: auto takes the faster, says which, and keeps to it", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(40, 10, 10, 16));
  const ProgramResult result = run_program(auto_transfer("--out model"), dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const bool narrow = result.err.find("precision bf16: a step takes") != std::string::npos;
  CHECK(narrow != (result.err.find("precision fp32: a step takes") != std::string::npos));
  CHECK_THAT(common::read_file(dir.path() / "model" / "transfer.toml"),
             ContainsSubstring(std::string("precision = \"") + (narrow ? "bf16" : "fp32")));
}

TEST_CASE("precision: a search refuses auto, as its children are compared", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(40, 10, 10, 16));
  const ProgramResult result = run_program(
      common::split("search --proxy data.h5 --precision auto --trials 1 --device cpu", ' '),
      dir.path());
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, ContainsSubstring("--precision") && ContainsSubstring("nas transfer"));
}

}  // namespace
}  // namespace nas::tests
