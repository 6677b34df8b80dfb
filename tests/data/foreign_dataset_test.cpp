// Containers that another program wrote: what fits is read, what does not is refused by name.
#include <hdf5.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/data/tamper.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::DataError;
using data::Dataset;
using Shape = std::vector<hsize_t>;

namespace {

// A type of texts of `bytes` characters, filled up with zeros and without one at the end of the
// longest: what h5py makes of numpy's.
hid_t fixed_text(size_t bytes) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, bytes);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  return type;
}

void write_attribute(hid_t file, const char* name, hid_t type, const void* value) {
  H5Adelete(file, name);
  const hid_t space = H5Screate(H5S_SCALAR);
  const hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  REQUIRE(H5Awrite(attribute, type, value) >= 0);
  H5Aclose(attribute);
  H5Sclose(space);
}

void write_text(hid_t file, const char* name, const std::string& text) {
  const hid_t type = fixed_text(text.size());
  write_attribute(file, name, type, text.data());
  H5Tclose(type);
}

// Null values: the array has its shape and takes no space.
void replace_array(hid_t file, const char* name, hid_t type, const Shape& shape,
                   const void* values = nullptr) {
  H5Ldelete(file, name, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  const hid_t array = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  REQUIRE(array >= 0);
  if (values != nullptr) REQUIRE(H5Dwrite(array, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(array);
  H5Sclose(space);
}

}  // namespace

TEST_CASE("A dataset with texts of fixed length and small labels is read as any other", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  const Dataset written = noise_dataset();
  data::write_dataset(path, written);
  tamper(path, [&](hid_t file) {
    constexpr size_t kLength = 8;  // "train/10"; "train/9" is shorter
    std::string ids;
    for (std::string id : written.train.ids) {
      id.resize(kLength);
      ids += id;
    }
    const hid_t type = fixed_text(kLength);
    replace_array(file, "train/ids", type, {written.train.ids.size()}, ids.data());
    H5Tclose(type);
    const std::vector<int8_t> labels(written.train.labels.begin(), written.train.labels.end());
    replace_array(file, "train/labels", H5T_NATIVE_INT8, {labels.size()}, labels.data());
    write_text(file, "name", "elsewhere");
    write_text(file, "class_names", R"(["beach","harbor","river"])");
  });
  const Dataset read = data::read_dataset(path);
  CHECK(read.name == "elsewhere");
  CHECK(read.class_names == written.class_names);
  CHECK(read.train.ids == written.train.ids);
  CHECK(read.train.labels == written.train.labels);
  CHECK(read.train.images == written.train.images);
}

TEST_CASE("A container that another program got wrong is refused with the reason", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  data::write_dataset(path, noise_dataset());
  const int64_t seven = 7;
  const auto change = [&](auto function) { tamper(path, function); };
  std::string expected;
  SECTION("a name that is a number") {
    change([&](hid_t file) { write_attribute(file, "name", H5T_NATIVE_INT64, &seven); });
    expected = "attribute name: it is no text";
  }
  SECTION("a version that is a text") {
    change([&](hid_t file) { write_text(file, "version", "one"); });
    expected = "attribute version: it is not one integer";
  }
  SECTION("an unknown task") {
    change([&](hid_t file) { write_text(file, "task", "regression"); });
    expected = "got 'regression'; expected single-label or multi-label";
  }
  SECTION("class names that are no list") {
    change([&](hid_t file) { write_text(file, "class_names", "7"); });
    expected = "expected a JSON list of texts";
  }
  SECTION("class names that are no JSON") {
    change([&](hid_t file) { write_text(file, "class_names", "beach, river"); });
    expected = "not valid JSON";
  }
  SECTION("flat images") {
    change([&](hid_t file) { replace_array(file, "train/images", H5T_STD_U8LE, {30, 192}); });
    expected =
        "train/images have the wrong shape; got 30x192; expected number x height x width x 3";
  }
  SECTION("images of another size than the training images") {
    change([&](hid_t file) { replace_array(file, "test/images", H5T_STD_U8LE, {9, 8, 4, 3}); });
    expected = "test/images have the wrong shape; got 9x8x4x3; expected 9x8x8x3";
  }
  SECTION("labels that are no whole numbers") {
    change([&](hid_t file) { replace_array(file, "train/labels", H5T_NATIVE_DOUBLE, {30}); });
    expected = "reading labels: it holds values of another type";
  }
  SECTION("more images than the file has room for") {
    change([&](hid_t file) {
      constexpr hsize_t kMany = 1000000000;
      replace_array(file, "train/images", H5T_STD_U8LE, {kMany, 8, 8, 3});
      replace_array(file, "train/labels", H5T_STD_I64LE, {kMany});
      replace_array(file, "train/ids", H5T_STD_I64LE, {kMany});
    });
    expected = "more images than the file can hold";
  }
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path), ContainsSubstring(expected));
}

TEST_CASE("Several labels an image need a column for each class, of 0 and 1", "[data]") {
  const TempDir dir;
  const fs::path path = dir.path() / "noise.h5";
  data::write_dataset(path, noise_dataset(10, 2, 3, 8, data::Task::kMultiLabel));
  std::string expected;
  SECTION("one label an image") {
    tamper(path, [](hid_t file) { replace_array(file, "train/labels", H5T_STD_I64LE, {30}); });
    expected = "train/labels have the wrong shape; got 30; expected 30x3";
  }
  SECTION("a column too few") {
    tamper(path, [](hid_t file) { replace_array(file, "test/labels", H5T_STD_U8LE, {9, 2}); });
    expected = "test/labels have the wrong shape; got 9x2; expected 9x3";
  }
  SECTION("values that mean something else") {
    const std::vector<uint8_t> percent(90, 100);
    tamper(path, [&](hid_t file) {
      replace_array(file, "train/labels", H5T_NATIVE_UINT8, {30, 3}, percent.data());
    });
    expected = "of image train/0; got 100; expected 0 or 1";
  }
  REQUIRE_THROWS_AS(data::read_dataset(path), DataError);
  REQUIRE_THROWS_WITH(data::read_dataset(path), ContainsSubstring(expected));
}

}  // namespace nas::tests
