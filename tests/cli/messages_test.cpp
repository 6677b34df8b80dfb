// What a search and a transfer say of what is to come: what they cannot tell, and what to do next.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/text.h"
#include "data/dataset_file.h"
#include "tests/cli/searches.h"
#include "tests/data/small_dataset.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;

// The last line of a finished search with so many more words.
std::string last_line(const fs::path& dir, const std::string& run,
                      const std::vector<std::string>& more) {
  const ProgramResult result = run_program(table_search(run, "random", 2, more), dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return common::split(common::trim(result.out), '\n').back();
}

TEST_CASE("messages: a search proposes to transfer to the user's own dataset", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  // A table needs no proxy; the proposal is made from what was given.
  CHECK_THAT(last_line(dir.path(), "a", {"--proxy", "cifar10"}),
             EndsWith("nas transfer --dataset coastline --run ./a"));
  CHECK_THAT(last_line(dir.path(), "b", {"--proxy", "shores"}),
             EndsWith("nas transfer --dataset shores --run ./b"));
  CHECK_THAT(last_line(dir.path(), "my run", {"--proxy", "it's mine.h5", "--data-dir", "my data"}),
             EndsWith(R"(nas transfer --dataset 'it'\''s mine.h5' --data-dir 'my data' )"
                      R"(--run './my run')"));
}

ProgramResult planned(const fs::path& dir, const std::string& words) {
  ProgramResult result = run_program(
      common::split(words + " --dry-run --cells 1 --filters 4 --batch-size 16 --threads 1 "
                            "--device cpu",
                    ' '),
      dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result;
}

TEST_CASE("messages: images that are too few to tell much are warned of", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(50, 10, 4, 16));
  const std::string search =
      "search --proxy data.h5 --space nasbench201 --input-size 16 --train-images 64 "
      "--workers 1 --valid-images ";
  CHECK_THAT(planned(dir.path(), search + "12").err,
             ContainsSubstring("warning: 12 held-out images for 3 classes") &&
                 ContainsSubstring("1/12 = 0.083"));
  CHECK_THAT(planned(dir.path(), search + "30").err, !ContainsSubstring("warning"));
  const std::string transfer = planned(dir.path(),
                                       "transfer --dataset data.h5 --arch "
                                       "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|")
                                   .err;
  CHECK_THAT(transfer, ContainsSubstring("warning: 12 test images for 3 classes") &&
                           !ContainsSubstring("held-out images for"));
}

TEST_CASE("messages: a list of GPUs is for searches", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(5, 5, 5, 16));
  const ProgramResult transfer = run_program(
      {"transfer", "--dataset", "data.h5", "--arch", "nasnet-a", "--device", "cuda:0,1"},
      dir.path());
  CHECK(transfer.exit_code == 2);
  CHECK_THAT(transfer.err,
             ContainsSubstring("only a search takes a list") && ContainsSubstring("try cuda:0"));
  const ProgramResult search = run_program(
      {"search", "--run", "./r", "--proxy", "data.h5", "--device", "cuda:98,99"}, dir.path());
  CHECK(search.exit_code == 2);
  CHECK_THAT(search.err, ContainsSubstring("no such GPU") && ContainsSubstring("'cuda:98,99'"));
  CHECK_FALSE(fs::exists(dir.path() / "r"));
}

}  // namespace
}  // namespace nas::tests
