#include "data/image_codec.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "common/error.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {

using Catch::Matchers::ContainsSubstring;
using common::DataError;
using data::Image;

namespace {

// Red counts along the row, green down the column, blue is fixed.
Image ramp(int64_t height, int64_t width) {
  Image image = {.height = height, .width = width, .pixels = {}};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<uint8_t>(x));
      image.pixels.push_back(static_cast<uint8_t>(y));
      image.pixels.push_back(200);
    }
  }
  return image;
}

using Bytes = std::vector<uint8_t>;

Bytes part(const Bytes& bytes, size_t first, size_t last) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(first),
          bytes.begin() + static_cast<std::ptrdiff_t>(last)};
}

Bytes operator+(Bytes bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

// `jpeg` with a segment of its header that holds `content`, as cameras write it.
Bytes with_exif(const Bytes& jpeg, const Bytes& content) {
  const size_t length = content.size() + 2;
  const Bytes mark = {0xFF, 0xE1, static_cast<uint8_t>(length >> 8),
                      static_cast<uint8_t>(length & 255)};
  return part(jpeg, 0, 2) + mark + content + part(jpeg, 2, jpeg.size());
}

// Of a photograph that was taken with the camera on its side.
const Bytes kTurned = {'E', 'x',  'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
                       1,   0x12, 0,   3,   0, 0, 0,   1,   0, 6,  0, 0, 0, 0, 0, 0};

// What both ways of reading, from memory and from a file, make of `bytes`; empty: it is refused.
Bytes pixels_of(const Bytes& bytes) {
  const TempDir dir;
  const auto path = dir.path() / "image";
  common::write_file_atomically(path, {bytes.begin(), bytes.end()});
  const auto decoded = data::decode_image(bytes);
  if (!decoded) {
    CHECK_THROWS_AS(data::read_image(path), DataError);
    return {};
  }
  const Image read = data::read_image(path);
  CHECK((read.height == decoded->height && read.width == decoded->width));
  CHECK(read.pixels == decoded->pixels);
  return read.pixels;
}

}  // namespace

TEST_CASE("A PNG is read as it was written, red first", "[data]") {
  const TempDir dir;
  const Image written = ramp(5, 9);
  data::write_png(dir.path() / "new folder" / "ramp.png", written);
  const Image read = data::read_image(dir.path() / "new folder" / "ramp.png");
  CHECK(read.height == 5);
  CHECK(read.width == 9);
  CHECK(read.pixels == written.pixels);
}

TEST_CASE("A grey image becomes RGB", "[data]") {
  const TempDir dir;
  std::ofstream(dir.path() / "grey.pgm", std::ios::binary)
      << "P5\n2 1\n255\n"
      << static_cast<char>(7) << static_cast<char>(90);
  const Image image = data::read_image(dir.path() / "grey.pgm");
  CHECK(image.pixels == std::vector<uint8_t>{7, 7, 7, 90, 90, 90});
}

TEST_CASE("What is no image is refused", "[data]") {
  const TempDir dir;
  REQUIRE_THROWS_AS(data::read_image(dir.path() / "missing.png"), DataError);
  REQUIRE_THROWS_AS(data::read_image(dir.path()), DataError);
  std::ofstream(dir.path() / "text.png") << "no image";
  REQUIRE_THROWS_AS(data::read_image(dir.path() / "text.png"), DataError);
  std::ofstream(dir.path() / "empty.jpg").flush();
  REQUIRE_THROWS_AS(data::read_image(dir.path() / "empty.jpg"), DataError);

  data::write_png(dir.path() / "cut.png", ramp(100, 100));
  std::filesystem::resize_file(dir.path() / "cut.png", 40);
  REQUIRE_THROWS_AS(data::read_image(dir.path() / "cut.png"), DataError);
}

TEST_CASE("Images are encoded and decoded in memory", "[data]") {
  const Image image = ramp(40, 30);
  const std::vector<uint8_t> png = data::encode_image(image, data::Encoding::kPng);
  const std::vector<uint8_t> jpeg = data::encode_image(image, data::Encoding::kJpeg);
  CHECK(data::encoding_text(png) == "png");
  CHECK(data::encoding_text(jpeg) == "jpeg");
  CHECK(data::encoding_text({}) == "encoded");
  REQUIRE(data::decode_image(png));
  CHECK(data::decode_image(png)->pixels == image.pixels);
  REQUIRE(data::decode_image(jpeg));
  CHECK((data::decode_image(jpeg)->height == 40 && data::decode_image(jpeg)->width == 30));
}

TEST_CASE("An image that is cut short is refused, wherever it lies", "[data]") {
  const Bytes thumbnail = data::encode_image(ramp(8, 8), data::Encoding::kJpeg);
  const Bytes png = data::encode_image(ramp(40, 30), data::Encoding::kPng);
  const Bytes jpeg = data::encode_image(ramp(40, 30), data::Encoding::kJpeg);
  for (const Bytes& whole : {png, jpeg, with_exif(jpeg, thumbnail)}) {
    CHECK_FALSE(pixels_of(whole).empty());
    for (const size_t left : {whole.size() - 1, whole.size() / 2, size_t{3}, size_t{0}}) {
      CAPTURE(left);
      CHECK(pixels_of(part(whole, 0, left)).empty());
    }
  }
  const TempDir dir;
  common::write_file_atomically(dir.path() / "cut.jpg", {jpeg.begin(), jpeg.end() - 100});
  REQUIRE_THROWS_WITH(data::read_image(dir.path() / "cut.jpg"), ContainsSubstring("cut short"));
}

TEST_CASE("What a camera puts into and behind a JPEG does no harm", "[data]") {
  const Bytes jpeg = data::encode_image(ramp(40, 30), data::Encoding::kJpeg);
  const Bytes pixels = pixels_of(jpeg);
  CHECK(pixels_of(jpeg + Bytes{0, 0xFF, 0xDA, 0xFF, 0xD8, 1, 2}) == pixels);
  const Bytes filled = part(jpeg, 0, jpeg.size() - 2) + Bytes{0xFF, 0xFF, 0xD9};
  CHECK(pixels_of(filled) == pixels);
  const auto turned = data::decode_image(with_exif(jpeg, kTurned));
  REQUIRE(turned);
  CHECK((turned->height == 30 && turned->width == 40));
  CHECK(pixels_of(with_exif(jpeg, kTurned)) == turned->pixels);
}

TEST_CASE("An image of too many pixels is refused in words of ours", "[data]") {
  const auto little_endian = [](uint32_t number) {
    Bytes bytes;
    for (int shift = 0; shift < 32; shift += 8) {
      bytes.push_back(static_cast<uint8_t>(number >> shift & 255));
    }
    return bytes;
  };
  const Bytes bmp = Bytes{'B', 'M'} + little_endian(54) + little_endian(0) + little_endian(54) +
                    little_endian(40) + little_endian(60000) + little_endian(60000) +
                    Bytes{1, 0, 24, 0} + Bytes(24, 0);
  CHECK(pixels_of(bmp).empty());
  const TempDir dir;
  common::write_file_atomically(dir.path() / "huge.bmp", {bmp.begin(), bmp.end()});
  REQUIRE_THROWS_WITH(data::read_image(dir.path() / "huge.bmp"),
                      ContainsSubstring("huge.bmp") &&
                          ContainsSubstring("at most 1,073,741,824 pixels") &&
                          ContainsSubstring("scaling it down") && !ContainsSubstring("CV_IO"));
}

TEST_CASE("Encodings are known by name", "[data]") {
  CHECK(data::encoding_of("none") == data::Encoding::kNone);
  CHECK(data::encoding_of("png") == data::Encoding::kPng);
  CHECK(data::encoding_of("jpeg") == data::Encoding::kJpeg);
  REQUIRE_THROWS_AS(data::encoding_of("gif"), common::UsageError);
}

TEST_CASE("An image of the wanted size is returned unchanged", "[data]") {
  const Image image = ramp(6, 6);
  CHECK(data::resize_and_crop(image, 6).pixels == image.pixels);
}

TEST_CASE("The centre is cut out of a wide and of a high image", "[data]") {
  const Image wide = data::resize_and_crop(ramp(4, 8), 4);
  CHECK((wide.height == 4 && wide.width == 4));
  CHECK((wide.pixels[0] == 2 && wide.pixels[1] == 0 && wide.pixels[2] == 200));
  const Image high = data::resize_and_crop(ramp(8, 4), 4);
  CHECK((high.pixels[0] == 0 && high.pixels[1] == 2));
}

TEST_CASE("Smaller images are means of areas", "[data]") {
  Image image = {.height = 2, .width = 2, .pixels = {}};
  for (const uint8_t value : {10, 20, 30, 40}) image.pixels.insert(image.pixels.end(), 3, value);
  CHECK(data::resize_and_crop(image, 1).pixels == std::vector<uint8_t>{25, 25, 25});
}

TEST_CASE("Larger images and odd shapes have the wanted size", "[data]") {
  for (const int64_t size : {1, 7, 32, 65}) {
    const Image image = data::resize_and_crop(ramp(13, 29), size);
    CHECK(image.height == size);
    CHECK(image.width == size);
    CHECK(image.pixels.size() == static_cast<size_t>(size * size * 3));
    CHECK(std::all_of(image.pixels.begin(), image.pixels.end(),
                      [](uint8_t value) { return value <= 200; }));
  }
  REQUIRE_THROWS_AS(data::resize_and_crop(ramp(4, 4), 0), DataError);
}

TEST_CASE("Reading and resizing at once is the same as one after the other", "[data]") {
  const TempDir dir;
  const auto path = dir.path() / "ramp.png";
  data::write_png(path, ramp(37, 61));
  for (const int64_t size : {8, 37, 50}) {
    const Image once = data::read_image(path, size);
    const Image twice = data::resize_and_crop(data::read_image(path), size);
    CHECK((once.height == size && once.width == size));
    CHECK(once.pixels == twice.pixels);
  }
  REQUIRE_THROWS_AS(data::read_image(path, 0), DataError);
}

TEST_CASE("OpenCV's decoder alone counts pixels", "[data]") {
  CHECK(data::decoded_pixels(data::encode_image(ramp(5, 9), data::Encoding::kJpeg)) == 45);
  CHECK(data::decoded_pixels({1, 2, 3}) == 0);
}

TEST_CASE("A PNG that cannot be written is a system error", "[data]") {
  const TempDir dir;
  std::ofstream(dir.path() / "file") << "no folder";
  REQUIRE_THROWS_AS(data::write_png(dir.path() / "file" / "ramp.png", ramp(2, 2)),
                    common::SystemError);
}

TEST_CASE("Names of images are known in any case", "[data]") {
  for (const char* name : {"a.jpg", "a.JPEG", "b/a.Png", "a.tif", "a.TIFF", "a.bmp", "a.webp"}) {
    CHECK(data::is_image_name(name));
  }
  for (const char* name : {"a.txt", "jpg", "a.jpg.zip", ""}) CHECK_FALSE(data::is_image_name(name));
}

}  // namespace nas::tests
