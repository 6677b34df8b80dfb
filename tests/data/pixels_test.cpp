#include "data/pixels.h"

#include <catch2/catch_test_macros.hpp>
#include <utility>

#include "common/error.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"

namespace nas::data {
namespace {

using Bytes = std::vector<uint8_t>;

TEST_CASE("pixels: copies share the bytes until these are taken", "[data]") {
  Pixels pixels(Bytes{1, 2, 3});
  const uint8_t* place = pixels.data();
  const Pixels copy = pixels;
  CHECK(copy.data() == place);
  Bytes taken = pixels.take();
  CHECK(pixels.empty());
  CHECK(taken.data() != place);
  taken[0] = 9;
  CHECK(copy == Pixels(Bytes{1, 2, 3}));
  CHECK_FALSE(copy == Pixels(Bytes{1, 2}));
  pixels = std::move(taken);
  place = pixels.data();
  CHECK(pixels.take().data() == place);  // nobody else had a share
}

TEST_CASE("pixels: none at all", "[data]") {
  Pixels pixels;
  CHECK((pixels.empty() && pixels.begin() == pixels.end()));
  CHECK(pixels == Pixels(Bytes{}));
  CHECK(pixels.take().empty());
}

TEST_CASE("pixels: a part of a file, wherever it begins", "[data]") {
  const tests::TempDir dir;
  const auto file = dir.path() / "file";
  std::string content;
  for (int i = 0; i < 10000; ++i) content += static_cast<char>(i % 251);
  common::write_file_atomically(file, content);
  for (const size_t offset : {0, 1, 4096, 5000}) {
    CAPTURE(offset);
    Pixels pixels = Pixels::mapped(file, offset, 3000);
    REQUIRE(pixels.size() == 3000);
    CHECK(pixels[0] == offset % 251);
    CHECK(pixels[2999] == (offset + 2999) % 251);
    const Pixels copy = pixels;
    Bytes taken = pixels.take();
    taken[0] = 252;
    CHECK(copy[0] == offset % 251);
  }
  CHECK(Pixels::mapped(file, 0, 0).empty());
  CHECK(Pixels::mapped(file, 9999, 1)[0] == 9999 % 251);
  CHECK_THROWS_AS(Pixels::mapped(file, 9999, 2), common::SystemError);
  CHECK_THROWS_AS(Pixels::mapped(dir.path() / "missing", 0, 1), common::SystemError);
}

}  // namespace
}  // namespace nas::data
