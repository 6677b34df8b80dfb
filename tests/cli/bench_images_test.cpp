// nas bench images: the real program on images of its own. How fast anything is, is not tested.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/json.h"
#include "data/dataset_file.h"
#include "data/image_codec.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;

ProgramResult bench_images(const TempDir& dir, const std::vector<std::string>& more) {
  std::vector<std::string> words = {"bench", "images", "--rounds", "2"};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(words, dir.path());
}

Json images_result(const TempDir& dir, std::vector<std::string> more) {
  more.emplace_back("--json");
  const ProgramResult result = bench_images(dir, more);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return common::parse_json(result.out, "nas bench images");
}

void check_image_rates(const Json& result) {
  for (const char* key : {"images_per_second", "decoder_per_second", "ratio"}) {
    const Json& spread = result.at(key);
    const auto at = [&](const char* part) { return spread.at(part).get<double>(); };
    CAPTURE(key);
    CHECK(at("lowest") > 0);
    CHECK(at("lowest") <= at("median"));
    CHECK(at("median") <= at("highest"));
  }
}

void write_grey_photos(const std::filesystem::path& folder) {
  const data::Image image = {.height = 20, .width = 30, .pixels = std::vector<uint8_t>(1800, 90)};
  for (const char* name : {"beach/1.png", "beach/2.png", "marsh/3.png"})
    data::write_png(folder / name, image);
}

TEST_CASE("bench images: a folder, beside the decoder alone", "[cli]") {
  const TempDir dir;
  write_grey_photos(dir.path() / "photos");
  const Json result = images_result(dir, {"--from", "photos"});
  CHECK(result.at("images").get<int>() == 3);
  CHECK(result.at("decoded_pixels").get<int>() == 1800);
  CHECK(result.at("encoded_bytes").get<double>() > 100);
  check_image_rates(result);
  CHECK(images_result(dir, {"--from", "photos", "--images", "2"}).at("images").get<int>() == 2);
  const ProgramResult text = bench_images(dir, {"--from", "photos"});
  CHECK(text.exit_code == 0);
  for (const char* word : {"images", "reading", "decoding", "ratio"})
    CHECK_THAT(text.out, ContainsSubstring(word));
}

TEST_CASE("bench images: a dataset that holds its images encoded", "[cli]") {
  const TempDir dir;
  data::Dataset dataset = noise_dataset(12, 4, 3, 16);
  data::write_dataset(dir.path() / "encoded.h5", dataset, data::Encoding::kJpeg);
  const Json result = images_result(dir, {"--dataset", "encoded.h5"});
  const auto images = dataset.train.count() + dataset.valid.count() + dataset.test.count();
  CHECK(result.at("images").get<int64_t>() == images);
  CHECK(result.at("decoded_pixels").get<int64_t>() == images * 256);
  check_image_rates(result);
}

TEST_CASE("bench images: what cannot be timed is refused", "[cli]") {
  const TempDir dir;
  CHECK(bench_images(dir, {}).exit_code == 2);
  CHECK(bench_images(dir, {"--from", "a", "--dataset", "b"}).exit_code == 2);
  CHECK(bench_images(dir, {"--from", "nowhere"}).exit_code == 3);
  const data::Dataset dataset = noise_dataset(12, 4, 3, 16);
  data::write_dataset(dir.path() / "pixels.h5", dataset);
  const ProgramResult pixels = bench_images(dir, {"--dataset", "pixels.h5"});
  CHECK(pixels.exit_code == 3);
  CHECK_THAT(pixels.err, ContainsSubstring("stored as pixels"));
  write_grey_photos(dir.path() / "photos");
  common::write_file_atomically(dir.path() / "photos" / "marsh" / "4.png", "no image");
  const ProgramResult broken = bench_images(dir, {"--from", "photos"});
  CHECK(broken.exit_code == 3);
  CHECK_THAT(broken.err, ContainsSubstring("4.png"));
  CHECK_THAT(bench_images(dir, {"--from", "pixels.h5"}).err, ContainsSubstring("a file"));
}

}  // namespace
}  // namespace nas::tests
