#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <set>

#include "common/error.h"
#include "common/file.h"
#include "common/process.h"
#include "data/image_codec.h"
#include "data/importer.h"
#include "tests/support/real_data.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::DataError;

namespace {

// One colour: what the picture shows is told by any of its pixels.
void write_picture(const fs::path& path, uint8_t colour) {
  data::Image image = {.height = 12, .width = 20, .pixels = {}};
  image.pixels.assign(12 * 20 * 3, colour);
  data::write_png(path, image);
}

// Pictures 00.png, 01.png, … in `folder`, of the colours first, first + 1, …
void write_pictures(const fs::path& folder, int count, int first) {
  for (int i = 0; i < count; ++i) {
    const std::string name = (i < 10 ? "0" : "") + std::to_string(i) + ".png";
    write_picture(folder / name, static_cast<uint8_t>(first + i));
  }
}

void write_broken(const fs::path& path) { common::write_file_atomically(path, "no image"); }

data::ImportReport import_folder(const fs::path& from, int64_t size = 16) {
  data::ImportRequest request;
  request.name = "pictures";
  request.from = from;
  request.size = size;
  request.seed = 5;
  return data::import_dataset(request, "");
}

// Image, label and id of each picture belong together.
void check_colours(const data::Dataset& dataset, const data::Split& split, int beach, int river) {
  for (int64_t i = 0; i < split.count(); ++i) {
    const std::string& id = split.ids[static_cast<size_t>(i)];
    const bool is_beach = id.find("beach") != std::string::npos;
    const int number = std::stoi(fs::path(id).stem().string());
    CHECK(split.labels[static_cast<size_t>(i)] == (is_beach ? 0 : 1));
    CHECK(split.images[static_cast<size_t>(i * dataset.image_bytes())] ==
          number + (is_beach ? beach : river));
  }
}

}  // namespace

TEST_CASE("A folder for each class becomes a dataset, split by class", "[data]") {
  const TempDir dir;
  write_pictures(dir.path() / "river", 20, 100);
  write_pictures(dir.path() / "beach", 10, 0);
  write_pictures(dir.path() / "river" / "more", 10, 100);
  write_pictures(dir.path() / ".thumbnails", 3, 0);
  write_broken(dir.path() / "beach" / "._00.png");
  write_broken(dir.path() / "beach" / "notes.txt");
  write_broken(dir.path() / "readme.txt");

  const auto report = import_folder(dir.path());
  const data::Dataset& dataset = report.dataset;
  CHECK(report.skipped.empty());
  CHECK(dataset.class_names == std::vector<std::string>{"beach", "river"});
  CHECK((dataset.height == 16 && dataset.width == 16));
  CHECK(dataset.train.count() == 32);
  CHECK(dataset.valid.count() == 4);
  CHECK(dataset.test.count() == 4);
  for (const data::Split* split : {&dataset.train, &dataset.valid, &dataset.test}) {
    CHECK(std::set<int64_t>(split->labels.begin(), split->labels.end()).size() == 2);
    check_colours(dataset, *split, 0, 100);
  }
  const auto& ids = dataset.train.ids;
  CHECK(std::any_of(ids.begin(), ids.end(),
                    [](const std::string& id) { return id.substr(0, 11) == "river/more/"; }));

  const auto again = import_folder(dir.path()).dataset;
  CHECK(again.train.images == dataset.train.images);
  CHECK(again.valid.ids == dataset.valid.ids);
}

TEST_CASE("Images in folders are 64x64 when no size is asked for", "[data]") {
  const TempDir dir;
  write_pictures(dir.path() / "beach", 3, 0);
  write_pictures(dir.path() / "river", 3, 100);
  CHECK(import_folder(dir.path(), 0).dataset.height == 64);
}

TEST_CASE("Folders train, val and test are used as they are", "[data]") {
  const TempDir dir;
  write_pictures(dir.path() / "train" / "beach", 7, 0);
  write_pictures(dir.path() / "train" / "river", 5, 100);
  write_pictures(dir.path() / "val" / "river", 2, 100);
  write_pictures(dir.path() / "test" / "beach", 3, 0);
  const auto dataset = import_folder(dir.path()).dataset;
  CHECK(dataset.class_names == std::vector<std::string>{"beach", "river"});
  CHECK(dataset.train.count() == 12);
  CHECK(dataset.valid.ids == std::vector<std::string>{"val/river/00.png", "val/river/01.png"});
  CHECK(dataset.test.labels == std::vector<int64_t>{0, 0, 0});
  check_colours(dataset, dataset.train, 0, 100);
  check_colours(dataset, dataset.valid, 0, 100);
}

TEST_CASE("A folder called train beside others is a class", "[data]") {
  const TempDir dir;
  write_pictures(dir.path() / "train", 3, 0);
  write_pictures(dir.path() / "plane", 3, 100);
  CHECK(import_folder(dir.path()).dataset.class_names ==
        std::vector<std::string>{"plane", "train"});
}

TEST_CASE("A few images that cannot be read are left out and listed", "[data]") {
  const TempDir dir;
  write_pictures(dir.path() / "beach", 19, 0);
  write_pictures(dir.path() / "river", 19, 100);
  write_broken(dir.path() / "beach" / "broken.jpg");
  write_broken(dir.path() / "river" / "broken.png");
  const auto report = import_folder(dir.path());
  const data::Dataset& dataset = report.dataset;
  CHECK(dataset.train.count() + dataset.valid.count() + dataset.test.count() == 38);
  REQUIRE(report.skipped.size() == 2);
  CHECK(std::any_of(report.skipped.begin(), report.skipped.end(), [](const std::string& line) {
    return line.substr(0, 18) == "beach/broken.jpg: ";
  }));
  check_colours(dataset, dataset.train, 0, 100);
  check_colours(dataset, dataset.test, 0, 100);
}

TEST_CASE("A folder with many broken images is refused", "[data]") {
  const TempDir dir;
  write_pictures(dir.path() / "beach", 8, 0);
  write_pictures(dir.path() / "river", 8, 100);
  for (int i = 0; i < 4; ++i) {
    write_broken(dir.path() / "river" / ("broken" + std::to_string(i) + ".jpg"));
  }
  REQUIRE_THROWS_AS(import_folder(dir.path()), DataError);
  REQUIRE_THROWS_WITH(import_folder(dir.path()), ContainsSubstring("4 of 20"));
}

TEST_CASE("Folders that make no classes are refused", "[data]") {
  const TempDir dir;
  write_pictures(dir.path() / "beach", 30, 0);
  std::string expected;
  SECTION("one class") { expected = "too few classes"; }
  SECTION("an empty class") {
    fs::create_directory(dir.path() / "river");
    expected = "class river";
  }
  SECTION("a class of which nothing can be read") {
    write_broken(dir.path() / "river" / "00.png");
    expected = "class river";
  }
  SECTION("a class that is only tested") {
    fs::create_directory(dir.path() / "train");
    fs::rename(dir.path() / "beach", dir.path() / "train" / "beach");
    write_pictures(dir.path() / "test" / "river", 2, 0);
    expected = "class river has no training images";
  }
  REQUIRE_THROWS_AS(import_folder(dir.path()), DataError);
  REQUIRE_THROWS_WITH(import_folder(dir.path()), ContainsSubstring(expected));
}

TEST_CASE("A split without three shares is refused", "[data]") {
  const TempDir dir;
  write_pictures(dir.path() / "beach", 3, 0);
  write_pictures(dir.path() / "river", 3, 100);
  data::ImportRequest request;
  request.name = "pictures";
  request.from = dir.path();
  request.split = {90, 10};
  REQUIRE_THROWS_AS(data::import_dataset(request, "folder"), DataError);
}

TEST_CASE("Real photographs of UC Merced are imported", "[data]") {
  const fs::path archive = real_data("ucmerced/ucmerced.tar");
  const TempDir dir;
  common::run_and_capture({"tar", "-xf", archive.string(), "-C", dir.path().string(),
                           "ucmerced/beach", "ucmerced/harbor", "ucmerced/river"});
  const auto report = import_folder(dir.path() / "ucmerced", 64);
  CHECK(report.skipped.empty());
  CHECK(report.dataset.class_names == std::vector<std::string>{"beach", "harbor", "river"});
  CHECK(report.dataset.train.count() == 192);
  CHECK(report.dataset.valid.count() == 24);
  CHECK(report.dataset.test.count() == 24);
}

}  // namespace nas::tests
