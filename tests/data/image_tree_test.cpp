// Folders of images as people have them. Only names are looked at here, so the files are no images.
#include "data/image_tree.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::DataError;
using Names = std::vector<std::string>;

namespace {

void touch(const fs::path& path) { common::write_file_atomically(path, ""); }

Names names_of(const std::vector<data::ImageFile>& files) {
  Names names;
  for (const data::ImageFile& file : files) names.push_back(file.name);
  return names;
}

}  // namespace

TEST_CASE("Image tree: each name of the held-out folder is understood", "[data]") {
  for (const std::string name : {"valid", "val", "validation"}) {
    CAPTURE(name);
    const TempDir dir;
    touch(dir.path() / "train" / "beach" / "1.png");
    touch(dir.path() / "train" / "river" / "2.JPEG");
    touch(dir.path() / name / "river" / "3.png");
    touch(dir.path() / "__MACOSX" / "river" / "4.png");
    const data::ImageTree tree = data::read_image_tree(dir.path());
    CHECK(tree.has_splits);
    CHECK(tree.class_names == Names{"beach", "river"});
    CHECK(names_of(tree.train) == Names{"train/beach/1.png", "train/river/2.JPEG"});
    CHECK(names_of(tree.valid) == Names{name + "/river/3.png"});
    CHECK(tree.valid[0].label == 1);
    CHECK(tree.test.empty());
  }
}

TEST_CASE("Image tree: links are followed, but not in circles", "[data]") {
  const TempDir dir;
  touch(dir.path() / "elsewhere" / "1.png");
  touch(dir.path() / "photos" / "beach" / "2.png");
  const fs::path photos = dir.path() / "photos";
  fs::create_directory_symlink(dir.path() / "elsewhere", photos / "river");
  fs::create_directory_symlink(photos / "beach", photos / "beach" / "again");
  fs::create_symlink(dir.path() / "nowhere.png", photos / "beach" / "gone.png");
  fs::create_directory_symlink(photos / "circle", photos / "circle");
  const data::ImageTree tree = data::read_image_tree(photos);
  CHECK(tree.class_names == Names{"beach", "river"});
  CHECK(names_of(tree.train) == Names{"beach/2.png", "river/1.png"});
}

TEST_CASE("Image tree: classes that cannot be learned are refused", "[data]") {
  const TempDir dir;
  const fs::path root = dir.path() / "photos";
  std::string expected;
  SECTION("no folder") { expected = "no such folder: " + root.string(); }
  SECTION("a class that is only tested") {
    touch(root / "train" / "beach" / "1.png");
    touch(root / "test" / "river" / "2.png");
    expected = "class river has no training images";
  }
  SECTION("a class without images") {
    touch(root / "beach" / "1.png");
    touch(root / "river" / "readme.txt");
    expected = "class river has no images";
  }
  SECTION("one class") {
    touch(root / "beach" / "1.png");
    expected = "too few classes";
  }
  CHECK_THROWS_AS(data::read_image_tree(root), DataError);
  CHECK_THROWS_WITH(data::read_image_tree(root), ContainsSubstring(expected));
}

TEST_CASE("Image tree: it is known by an image below a folder", "[data]") {
  const TempDir dir;
  touch(dir.path() / "1.png");
  touch(dir.path() / "beach" / "readme.txt");
  touch(dir.path() / ".cache" / "2.png");
  CHECK_FALSE(data::looks_like_image_tree(dir.path()));
  CHECK_FALSE(data::looks_like_image_tree(dir.path() / "1.png"));
  touch(dir.path() / "beach" / "2019" / "3.webp");
  CHECK(data::looks_like_image_tree(dir.path()));
}

}  // namespace nas::tests
