#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>

#include "common/error.h"
#include "data/content_digest.h"
#include "data/dataset_file.h"
#include "data/hdf5.h"
#include "data/image_codec.h"
#include "tests/data/small_dataset.h"
#include "tests/data/tamper.h"
#include "tests/support/full_disk.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
namespace hdf5 = data::hdf5;
using Catch::Matchers::ContainsSubstring;
using common::DataError;
using data::Dataset;
using data::Encoding;
using data::Split;

namespace {

// Images that JPEG keeps well: colours that change slowly.
Dataset smooth_dataset() {
  Dataset dataset = noise_dataset(10, 0, 3, 32);
  for (Split* split : {&dataset.train, &dataset.test}) {
    std::vector<uint8_t> pixels = split->images.take();
    for (size_t i = 0; i < pixels.size(); ++i) {
      const size_t place = i % 3072;
      pixels[i] = static_cast<uint8_t>(i / 3072 * 3 + place / 96 + place / 3 % 32);
    }
    split->images = std::move(pixels);
  }
  return dataset;
}

int largest_difference(const Split& read, const Split& written) {
  REQUIRE(read.images.size() == written.images.size());
  int largest = 0;
  for (size_t i = 0; i < read.images.size(); ++i) {
    largest = std::max(largest, std::abs(int{read.images[i]} - int{written.images[i]}));
  }
  return largest;
}

hdf5::Bytes png(int64_t height, int64_t width, uint8_t colour) {
  data::Image image = {.height = height, .width = width, .pixels = {}};
  image.pixels.assign(static_cast<size_t>(height * width * 3), colour);
  return data::encode_image(image, Encoding::kPng);
}

// Puts `strings` into the place of the training images, without checksums: what another program
// may write.
void set_encoded(const fs::path& path, const std::vector<hdf5::Bytes>& strings) {
  tamper(path, [&](hid_t file) {
    for (const char* name : {"train/images", "train/encoded", "train/crc32"}) {
      if (H5Lexists(file, name, H5P_DEFAULT) > 0) H5Ldelete(file, name, H5P_DEFAULT);
    }
    const auto array = hdf5::create_byte_strings(file, "train/encoded", strings.size());
    hdf5::write_byte_strings(array, 0, strings);
  });
}

}  // namespace

TEST_CASE("Images stored as PNG are read bit for bit", "[data]") {
  const auto task = GENERATE_COPY(data::Task::kSingleLabel, data::Task::kMultiLabel);
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  const Dataset original = noise_dataset(120, 0, 3, 8, task);
  Dataset written = original;
  data::write_dataset(path, written, Encoding::kPng);
  check_same(written.train, original.train);

  const Dataset read = data::read_dataset(path);
  check_same(read.train, original.train);
  check_same(read.valid, original.valid);
  check_same(read.test, original.test);
  const data::DatasetInfo info = data::read_dataset_info(path);
  CHECK(info.encoding == "png");
  CHECK(info.sha256 == data::content_digest(original));
  CHECK((info.train == 360 && info.valid == 0 && info.test == 9));
  CHECK((info.header.height == 8 && info.header.width == 8 && info.header.channels == 3));
}

TEST_CASE("Images stored as JPEG are read nearly as they were, and the digest is of what is read",
          "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "smooth.h5";
  const Dataset original = smooth_dataset();
  Dataset written = original;
  data::write_dataset(path, written, Encoding::kJpeg);
  const Dataset read = data::read_dataset(path);
  check_same(read.train, written.train);
  check_same(read.test, written.test);
  CHECK(largest_difference(read.train, original.train) <= 8);
  CHECK(largest_difference(read.test, original.test) <= 8);
  CHECK(data::read_dataset_info(path).encoding == "jpeg");
  CHECK(data::read_dataset_info(path).sha256 == data::content_digest(read));
}

TEST_CASE("A file with JPEGs is smaller, one without an encoding is as ever", "[data]") {
  const TempDir dir;
  Dataset dataset = noise_dataset(20, 2, 2, 64);
  data::write_dataset(dir.path() / "none.h5", dataset, Encoding::kNone);
  CHECK(data::read_dataset_info(dir.path() / "none.h5").encoding == "pixels");
  data::write_dataset(dir.path() / "jpeg.h5", dataset, Encoding::kJpeg);
  CHECK(fs::file_size(dir.path() / "jpeg.h5") < fs::file_size(dir.path() / "none.h5") * 3 / 4);
}

TEST_CASE("Encoded images are what h5py calls vlen_dtype(uint8)", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  Dataset dataset = noise_dataset();
  data::write_dataset(path, dataset, Encoding::kPng);
  tamper(path, [](hid_t file) {
    const hid_t array = H5Dopen2(file, "train/encoded", H5P_DEFAULT);
    const hid_t type = H5Dget_type(array);
    CHECK(H5Tget_class(type) == H5T_VLEN);
    const hid_t byte = H5Tget_super(type);
    CHECK(H5Tequal(byte, H5T_STD_U8LE) > 0);
    H5Tclose(byte);
    H5Tclose(type);
    H5Dclose(array);
  });
}

TEST_CASE("A container that another program wrote may hold any encoding, in any split", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  const Dataset dataset = noise_dataset(1, 0, 1);
  data::write_dataset(path, dataset);
  hdf5::Bytes jpeg = data::encode_image({.height = 8, .width = 8, .pixels = hdf5::Bytes(192, 90)},
                                        Encoding::kJpeg);
  jpeg.push_back(0);  // cameras add things behind the end
  set_encoded(path, {png(8, 8, 7), png(8, 8, 200), jpeg});
  const Dataset read = data::read_dataset(path);
  CHECK(read.train.images[0] == 7);
  CHECK(read.train.images[192] == 200);
  CHECK(std::abs(int{read.train.images[read.train.images.size() - 1]} - 90) <= 2);
  check_same(read.test, dataset.test);
}

TEST_CASE("A damaged image is refused by its name", "[data]") {
  const auto place = GENERATE(size_t{0}, size_t{1});  // the first one tells the size of all
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  Dataset dataset = noise_dataset(1, 0, 1);
  data::write_dataset(path, dataset, Encoding::kPng);
  hdf5::Bytes bytes = png(8, 8, 7);
  SECTION("a PNG cut short") { bytes.resize(bytes.size() / 2); }
  SECTION("a JPEG cut short") {
    bytes = data::encode_image({.height = 8, .width = 8, .pixels = hdf5::Bytes(192, 90)},
                               Encoding::kJpeg);
    bytes.resize(bytes.size() - 2);
  }
  SECTION("a changed byte") { bytes[bytes.size() / 2] ^= 1; }
  SECTION("text") { bytes = {'n', 'o'}; }
  SECTION("nothing") { bytes.clear(); }
  std::vector<hdf5::Bytes> strings(3, png(8, 8, 7));
  strings[place] = bytes;
  set_encoded(path, strings);
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path),
                      ContainsSubstring("image train/" + std::to_string(place) + " is damaged"));
}

TEST_CASE("A changed byte that still decodes is found by its checksum", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "smooth.h5";
  Dataset dataset = smooth_dataset();
  data::write_dataset(path, dataset, Encoding::kJpeg);
  tamper(path, [](hid_t file) {
    const hdf5::Handle array = hdf5::open_byte_strings(file, "test/encoded");
    auto strings = hdf5::read_byte_strings(array, 4, 1);
    strings[0][strings[0].size() / 2] ^= 1;
    hdf5::write_byte_strings(array, 4, strings);
  });
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path), ContainsSubstring("image test/4 is damaged"));
}

TEST_CASE("Encoded images of different sizes are refused by name", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  data::write_dataset(path, noise_dataset(1, 0, 1));
  set_encoded(path, {png(8, 8, 7), png(8, 8, 8), png(4, 16, 9)});
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path),
                      ContainsSubstring("image train/2") && ContainsSubstring("got 4x16"));
}

TEST_CASE("Encoded images that do not fit the rest are refused", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  data::write_dataset(path, noise_dataset(1, 0, 1));
  std::string expected;
  SECTION("fewer than labels") {
    set_encoded(path, {png(8, 8, 7)});
    expected = "train/labels have the wrong shape";
  }
  SECTION("no byte strings") {
    tamper(path, [](hid_t file) {
      H5Ldelete(file, "train/images", H5P_DEFAULT);
      H5Lcopy(file, "train/labels", file, "train/encoded", H5P_DEFAULT, H5P_DEFAULT);
    });
    expected = "no byte strings";
  }
  SECTION("neither images nor encoded ones") {
    tamper(path, [](hid_t file) { H5Ldelete(file, "train/images", H5P_DEFAULT); });
    expected = "opening images";
  }
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path), ContainsSubstring(expected));
}

TEST_CASE("A container whose training images are missing takes its size from the others",
          "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  Dataset dataset = noise_dataset(0, 0, 3);
  data::write_dataset(path, dataset, Encoding::kPng);
  CHECK(data::read_dataset_info(path).header.height == 8);
  check_same(data::read_dataset(path).test, dataset.test);
  dataset = noise_dataset(0, 0, 0);
  data::write_dataset(path, dataset, Encoding::kPng);
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path), ContainsSubstring("has no images"));
}

TEST_CASE("A full disk leaves no file of encoded images behind", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  Dataset dataset = noise_dataset(50, 2, 3, 16);
  data::write_dataset(path, dataset, Encoding::kPng);
  const rlim_t whole = fs::file_size(path);
  fs::remove(path);
  for (const rlim_t limit : {rlim_t{100}, whole / 2, whole - 1}) {
    bool refused = false;
    {
      const FullDisk full(limit);
      try {
        data::write_dataset(path, dataset, Encoding::kPng);
      } catch (const common::SystemError&) {
        refused = true;
      }
    }
    CAPTURE(limit);
    CHECK(refused);
    CHECK(fs::is_empty(dir.path()));
  }
}

}  // namespace nas::tests
