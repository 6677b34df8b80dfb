#include "data/dataset_file.h"

#include <hdf5.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "common/error.h"
#include "common/file.h"
#include "tests/data/small_dataset.h"
#include "tests/data/tamper.h"
#include "tests/support/full_disk.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::DataError;
using common::SystemError;
using data::Dataset;
using data::Split;

namespace {

void set_integer(hid_t file, const char* name, int64_t value) {
  const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
  REQUIRE(H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0);
  H5Aclose(attribute);
}

}  // namespace

TEST_CASE("A dataset is read as it was written", "[data]") {
  const auto task = GENERATE_COPY(data::Task::kSingleLabel, data::Task::kMultiLabel);
  const int64_t valid = GENERATE_COPY(int64_t{0}, int64_t{2});
  const TempDir dir;
  const fs::path path = dir.path() / "new folder" / "noise.h5";
  Dataset written = noise_dataset(120, valid, 3, 8, task);
  written.provenance = "";
  written.synthetic = true;
  written.class_names[0] = "größer \"quoted\"";
  data::write_dataset(path, written);
  const Dataset read = data::read_dataset(path);
  CHECK(read.name == "noise");
  CHECK(read.task == task);
  CHECK(read.class_names == written.class_names);
  CHECK((read.height == 8 && read.width == 8 && read.channels == 3));
  CHECK(read.provenance.empty());
  CHECK(read.synthetic);
  check_same(read.train, written.train);
  check_same(read.valid, written.valid);
  check_same(read.test, written.test);

  const data::DatasetInfo info = data::read_dataset_info(path);
  CHECK(info.train == 360);
  CHECK(info.valid == valid * 3);
  CHECK(info.test == 9);
  CHECK(info.header.class_names == written.class_names);
  CHECK(info.header.train.images.empty());
}

TEST_CASE("The digest follows the content, not the name", "[data]") {
  const TempDir dir;
  const auto digest_of = [&](const Dataset& dataset) {
    data::write_dataset(dir.path() / "a.h5", dataset);
    return data::read_dataset_info(dir.path() / "a.h5").sha256;
  };
  Dataset dataset = noise_dataset();
  const std::string digest = digest_of(dataset);
  CHECK(digest.size() == 64);
  dataset.name = "other";
  dataset.provenance = "elsewhere";
  CHECK(digest_of(dataset) == digest);
  std::vector<uint8_t> pixels = dataset.train.images.take();
  pixels[5] ^= 1;
  dataset.train.images = std::move(pixels);
  CHECK(digest_of(dataset) != digest);
  dataset = noise_dataset();
  dataset.test.labels[0] = 2 - dataset.test.labels[0];
  CHECK(digest_of(dataset) != digest);
}

TEST_CASE("A plain dataset is mapped, one that is compressed is read", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  const auto task = GENERATE(data::Task::kSingleLabel, data::Task::kMultiLabel);
  const Dataset written = noise_dataset(20, 0, 3, 8, task);
  const auto storage = GENERATE(data::Storage::kPlain, data::Storage::kCompressed);
  data::write_dataset(path, written, storage);
  for (const Dataset& read : {data::map_dataset(path), data::read_dataset(path)}) {
    check_same(read.train, written.train);
    check_same(read.valid, written.valid);
    check_same(read.test, written.test);
  }
  // Another in its place does not change what is mapped.
  const Dataset mapped = data::map_dataset(path);
  data::write_dataset(path, noise_dataset(5), storage);
  check_same(mapped.train, written.train);
}

TEST_CASE("A plain dataset that is damaged or cut short is not mapped", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  const Dataset written = noise_dataset(20);
  data::write_dataset(path, written, data::Storage::kPlain);
  std::string content = common::read_file(path);
  const std::string pixels(written.train.images.begin(), written.train.images.begin() + 64);
  const size_t at = content.find(pixels);
  REQUIRE(at != std::string::npos);
  content[at + 7] = static_cast<char>(content[at + 7] ^ 4);
  common::write_file_atomically(path, content);
  CHECK_THROWS_WITH(data::map_dataset(path), ContainsSubstring("is damaged"));
  fs::resize_file(path, at + 100);
  CHECK_THROWS_AS(data::map_dataset(path), DataError);
}

TEST_CASE("What is no dataset is refused with the reason", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  data::write_dataset(path, noise_dataset());
  std::string expected;
  SECTION("missing") {
    fs::remove(path);
    expected = "no such file";
  }
  SECTION("a folder") {
    fs::remove(path);
    fs::create_directory(path);
    expected = "no such file";
  }
  SECTION("empty") {
    std::ofstream(path, std::ios::trunc).flush();
    expected = "not a dataset";
  }
  SECTION("text") {
    std::ofstream(path, std::ios::trunc) << "no HDF5 at all";
    expected = "not a dataset";
  }
  SECTION("cut in half") {
    fs::resize_file(path, fs::file_size(path) / 2);
    expected = "cut short";
  }
  SECTION("one byte short") {
    fs::resize_file(path, fs::file_size(path) - 1);
    expected = "cut short";
  }
  SECTION("other HDF5") {
    tamper(path, [](hid_t file) { H5Adelete(file, "format"); });
    expected = "no dataset of nas";
  }
  SECTION("a newer version") {
    tamper(path, [](hid_t file) { set_integer(file, "version", data::kDatasetVersion + 1); });
    expected = "newer nas";
  }
  SECTION("an impossible version") {
    tamper(path, [](hid_t file) { set_integer(file, "version", 0); });
    expected = "impossible version";
  }
  SECTION("a missing split") {
    tamper(path, [](hid_t file) { H5Ldelete(file, "test", H5P_DEFAULT); });
    expected = "opening group test";
  }
  SECTION("fewer labels than images") {
    tamper(path, [](hid_t file) {
      H5Ldelete(file, "train/labels", H5P_DEFAULT);
      H5Lmove(file, "test/labels", file, "train/labels", H5P_DEFAULT, H5P_DEFAULT);
    });
    expected = "train/labels have the wrong shape";
  }
  REQUIRE_THROWS_AS(data::read_dataset_info(path), DataError);
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path), ContainsSubstring(expected));
}

TEST_CASE("A wrong label in a container is found when it is read", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  data::write_dataset(path, noise_dataset());
  tamper(path, [](hid_t file) {
    const std::vector<int64_t> labels(30, 7);
    const hid_t array = H5Dopen2(file, "train/labels", H5P_DEFAULT);
    REQUIRE(H5Dwrite(array, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, labels.data()) >= 0);
    H5Dclose(array);
  });
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path), ContainsSubstring("out of range"));
}

TEST_CASE("A changed byte in the images is found when they are read", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  const Dataset dataset = noise_dataset();
  data::write_dataset(path, dataset);
  std::string bytes = common::read_file(path);
  const std::string pixels(dataset.train.images.begin() + 100, dataset.train.images.begin() + 132);
  const auto place = bytes.find(pixels);
  REQUIRE(place != std::string::npos);  // noise does not compress
  bytes[place] = static_cast<char>(bytes[place] ^ 1);
  common::write_file_atomically(path, bytes);
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
}

TEST_CASE("A dataset that does not fit together is not written", "[data]") {
  const TempDir dir;
  Dataset dataset = noise_dataset();
  dataset.train.labels[0] = 3;
  REQUIRE_THROWS_AS(data::write_dataset(dir.path() / "noise.h5", dataset), DataError);
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("A full disk is an error that leaves no file behind", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  const Dataset dataset = noise_dataset(50, 2, 3, 16);
  data::write_dataset(path, dataset);
  const rlim_t whole = fs::file_size(path);
  fs::remove(path);
  // Full at once, among the images, among what is only written when the file is closed.
  for (const rlim_t limit : {rlim_t{100}, rlim_t{3000}, whole / 2, whole - 3000, whole - 1}) {
    bool refused = false;
    {
      const FullDisk full(limit);
      try {
        data::write_dataset(path, dataset);
      } catch (const SystemError&) {
        refused = true;
      }
    }
    CAPTURE(limit);
    CHECK(refused);
    CHECK(fs::is_empty(dir.path()));
  }
  data::write_dataset(path, dataset);
  CHECK(data::read_dataset(path).train.images == dataset.train.images);
}

TEST_CASE("A folder that cannot be made is a system error", "[data]") {
  const TempDir dir;
  std::ofstream(dir.path() / "file") << "no folder";
  REQUIRE_THROWS_AS(data::write_dataset(dir.path() / "file" / "noise.h5", noise_dataset()),
                    SystemError);
}

}  // namespace nas::tests
