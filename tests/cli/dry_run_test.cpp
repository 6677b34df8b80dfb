// nas transfer --dry-run: it refuses what the transfer would, in time, and leaves nothing behind.
// Of a search: run_state_test.cpp.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/json.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

ProgramResult dry_transfer(const fs::path& dir, const std::vector<std::string>& more) {
  std::vector<std::string> words = {
      "transfer",  "--dry-run", "--dataset",
      "data.h5",   "--arch",    "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
      "--cells",   "1",         "--filters",
      "4",         "--epochs",  "1",
      "--threads", "1",         "--device",
      "cpu"};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(words, dir);
}

TEST_CASE("dry run: a transfer that could not begin is refused", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(10, 2, 3));
  const auto check = [&](const std::vector<std::string>& more, int code, const std::string& part) {
    const ProgramResult result = dry_transfer(dir.path(), more);
    CAPTURE(more, result.err);
    CHECK(result.exit_code == code);
    CHECK_THAT(result.err, ContainsSubstring("error: [") && ContainsSubstring(part) &&
                               !ContainsSubstring("a fault in nas"));
  };
  check({"--out", "data.h5"}, 1, "data.h5");
  check({"--out", "data.h5/model"}, 1, "[--out] cannot make the folder data.h5/model");
  check({"--out", "/proc/nas/model"}, 1, "/proc/nas/model");
  check({"--filters", "100000"}, 1, "too little");
  check({"--filters", "100000", "--precision", "auto"}, 1, "too little");
  check({"--ranks", "3", "--batch-size", "2"}, 2, "fewer images than parts");
  check({"--accumulate", "64", "--batch-size", "256"}, 2, "30 images for 1 ranks in 64 passes");
  check({"--rendezvous", "nowhere"}, 2, "HOST:PORT");
  check({"--train-images", "1000"}, 3, "too few images; got 30 training");
}

TEST_CASE("dry run: a transfer leaves everything as it was", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(10, 2, 3));
  for (const auto& more :
       std::vector<std::vector<std::string>>{{}, {"--out", "a/b"}, {"--batch-size", "65536"}}) {
    CAPTURE(more);
    const ProgramResult result = dry_transfer(dir.path(), more);
    INFO(result.err);
    CHECK(result.exit_code == 0);
    CHECK_THAT(result.err, ContainsSubstring("projected"));
  }
  for (const auto& entry : fs::directory_iterator(dir.path()))
    CHECK(entry.path().filename() == "data.h5");
}

TEST_CASE("dry run: what it projects is there for programs", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(40, 12, 3, 16));
  const auto projected = [](const ProgramResult& result) {
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return common::parse_json(result.out, "dry run").at("projected");
  };
  const auto transfer = projected(dry_transfer(dir.path(), {"--json"}));
  CHECK(transfer.at("seconds").get<double>() > 0);
  CHECK(transfer.at("bytes_a_rank").get<double>() > 1e7);
  const auto search = projected(
      run_program({"search", "--proxy",      "data.h5", "--cells",        "1",     "--filters",
                   "4",      "--epochs",     "2",       "--train-images", "40",    "--valid-images",
                   "12",     "--input-size", "16",      "--trials",       "3",     "--batch-size",
                   "8",      "--device",     "cpu",     "--dry-run",      "--json"},
                  dir.path()));
  CHECK(search.at("seconds").get<double>() > 0);
  CHECK(search.at("bytes_a_child").get<double>() > 1e7);
}

}  // namespace
}  // namespace nas::tests
