// The folder of CIFAR-100. Its files have their full size, and are sparse: all but the last record
// of each are black images of class 0.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>

#include "common/error.h"
#include "common/file.h"
#include "data/importer.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::DataError;

namespace {

constexpr int64_t kRecordBytes = 2 + 3 * 1024;
constexpr char kCoarse = 19;

// The last record has the fine class `label` and the colour 10, 20, 30.
void write_records(const fs::path& path, int64_t records, char label) {
  std::string last = {kCoarse, label};
  for (const char colour : {10, 20, 30}) last += std::string(1024, colour);
  fs::create_directories(path.parent_path());
  std::ofstream stream(path, std::ios::binary);
  stream.seekp((records - 1) * kRecordBytes);
  stream << last;
}

void write_names(const fs::path& folder, int count) {
  std::string names;
  for (int i = 0; i < count; ++i) names += "fine" + std::to_string(i) + "\n";
  common::write_file_atomically(folder / "fine_label_names.txt", names + "\n");
}

data::ImportReport import_from(const fs::path& from, const std::string& importer) {
  data::ImportRequest request;
  request.name = "hundred";
  request.from = from;
  return data::import_dataset(request, importer);
}

}  // namespace

TEST_CASE("A CIFAR-100 folder is recognised and imported with its fine labels", "[data]") {
  const TempDir dir;
  const fs::path folder = dir.path() / "cifar-100-binary";
  write_names(folder, 100);
  write_records(folder / "train.bin", 50000, 99);
  write_records(folder / "test.bin", 10000, 42);
  const auto report = import_from(dir.path(), "");  // the folder above is enough
  const data::Dataset& dataset = report.dataset;
  CHECK(report.skipped.empty());
  CHECK(dataset.name == "hundred");
  CHECK(dataset.class_names.size() == 100);
  CHECK(dataset.class_names[42] == "fine42");
  CHECK((dataset.height == 32 && dataset.width == 32));
  CHECK(dataset.train.count() == 50000);
  CHECK(dataset.valid.count() == 0);
  CHECK(dataset.test.count() == 10000);
  CHECK(dataset.train.labels.front() == 0);
  CHECK(dataset.train.labels.back() == 99);  // not the coarse one, which comes before it
  CHECK(dataset.test.labels.back() == 42);
  CHECK(dataset.test.ids.back() == "test/9999");
  const std::vector<uint8_t> pixel(dataset.train.images.end() - 3, dataset.train.images.end());
  CHECK(pixel == std::vector<uint8_t>{10, 20, 30});
  CHECK_THAT(dataset.provenance, ContainsSubstring(folder.string()));
}

TEST_CASE("A CIFAR-100 folder that is not whole is refused", "[data]") {
  const TempDir dir;
  std::string expected;
  SECTION("no names of classes") {
    write_records(dir.path() / "train.bin", 1, 0);
    expected = "fine_label_names.txt";
  }
  SECTION("the names of the 20 coarse classes") {
    write_names(dir.path(), 20);
    expected = "got 20; expected 100";
  }
  SECTION("no images") {
    write_names(dir.path(), 100);
    expected = "no such file: " + (dir.path() / "train.bin").string();
  }
  SECTION("the test images in the place of the training images") {
    write_names(dir.path(), 100);
    write_records(dir.path() / "train.bin", 10000, 0);
    expected = "got 10,000; expected 50,000";
  }
  REQUIRE_THROWS_AS(import_from(dir.path(), "cifar100"), DataError);
  REQUIRE_THROWS_WITH(import_from(dir.path(), "cifar100"), ContainsSubstring(expected));
}

}  // namespace nas::tests
