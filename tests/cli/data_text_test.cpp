// What people read of datasets: nas data info, nas data import and nas list datasets.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/text.h"
#include "data/dataset_file.h"
#include "data/image_codec.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;

TEST_CASE("data info: what a dataset holds", "[cli]") {
  const TempDir dir;
  const auto info = [&](const data::Dataset& dataset) {
    data::write_dataset(dir.path() / "noise.h5", dataset);
    const ProgramResult result = run_program({"data", "info", "noise.h5"}, dir.path());
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    return result.out;
  };
  data::Dataset dataset = noise_dataset(400, 2, 3);
  const std::string plain = info(dataset);
  CHECK_THAT(plain, StartsWith("name        noise\nfile        noise.h5\n"
                               "task        single-label\n"
                               "images      1,200 train, 6 valid, 9 test, 8x8 px\n"
                               "classes     3: beach, harbor, river\n"
                               "provenance  noise of a test\nsha256      "));
  const std::string sha256 = data::read_dataset_info(dir.path() / "noise.h5").sha256;
  CHECK_THAT(plain, ContainsSubstring("\nsha256      " + sha256 + "\nstored as   pixels: "));
  // 1,215 images of 192 bytes
  CHECK_THAT(plain, ContainsSubstring(" on disk, 233.3 kB in memory\n"));

  dataset = noise_dataset(10, 2, 3, 8, data::Task::kMultiLabel);
  dataset.synthetic = true;
  CHECK_THAT(info(dataset), StartsWith("name        noise (synthetic)\n") &&
                                ContainsSubstring("\ntask        multi-label\n"));
}

TEST_CASE("data import: the files that were left out are named, the first twenty", "[cli]") {
  const TempDir dir;
  const fs::path photos = dir.path() / "photos";
  const data::Image image = {.height = 4, .width = 4, .pixels = std::vector<uint8_t>(48, 90)};
  for (const std::string label : {"cat", "dog"}) {
    data::write_png(photos / label / "0.png", image);
    for (int i = 1; i < 120; ++i)
      fs::create_hard_link(photos / label / "0.png", photos / label / (std::to_string(i) + ".png"));
  }
  for (int i = 0; i < 22; ++i)
    common::write_file_atomically(photos / "cat" / ("bad" + std::to_string(i) + ".jpg"), "none");
  const ProgramResult result =
      run_program({"data", "import", "pets", "--from", "photos", "--size", "16"}, dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.err, ContainsSubstring("22 files could not be read and were skipped") &&
                             ContainsSubstring("bad0.jpg") && ContainsSubstring("and 2 more"));
  size_t named = 0;
  for (const std::string& line : common::split(result.err, '\n')) {
    if (line.find(".jpg") != std::string::npos) ++named;
  }
  CHECK(named == 20);
  const data::DatasetInfo info = data::read_dataset_info(dir.path() / "cache" / "pets.h5");
  CHECK(info.train + info.valid + info.test == 240);
  CHECK_THAT(result.out, ContainsSubstring("classes     2: cat, dog\n"));
}

TEST_CASE("list datasets: what is there and what can be had", "[cli]") {
  const TempDir dir;
  const fs::path cache = dir.path() / "cache";
  data::write_dataset(cache / "noise.h5", noise_dataset());
  common::write_file_atomically(cache / "broken.h5", "no dataset");
  write_small_mnist(cache / "mnist");
  const auto listed = [&] { return run_program({"list", "datasets"}, dir.path()).out; };
  std::string list = listed();
  const auto row = [&](const std::string& name) {
    for (const std::string& line : common::split(list, '\n')) {
      if (common::starts_with(line, name + " ")) return line;
    }
    return std::string();
  };
  CHECK_THAT(row("noise"), Matches("noise +3 classes, 30 \\+ 6 \\+ 9 images of 8x8: .*noise\\.h5"));
  CHECK_THAT(row("broken"), Matches("broken +cannot be read: .*broken\\.h5.*"));
  CHECK_THAT(row("mnist"), Matches("mnist +imported when first used, from .*mnist"));
  CHECK_THAT(row("cifar100"), ContainsSubstring("nas data fetch cifar100 downloads it"));
  CHECK_THAT(row("shapes"), ContainsSubstring("drawn when first used: "));

  const ProgramResult used = run_program({"data", "info", "mnist"}, dir.path());
  CHECK(used.exit_code == 0);
  CHECK_THAT(used.err, ContainsSubstring("imported 60 images from"));
  CHECK_THAT(used.out, ContainsSubstring("images      40 train, 0 valid, 20 test, 6x5 px"));
  list = listed();
  CHECK_THAT(row("mnist"), ContainsSubstring("10 classes, 40 + 0 + 20 images of 6x5: "));
}

}  // namespace
}  // namespace nas::tests
