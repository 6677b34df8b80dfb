// What every augmentation must do, run over each registered name.
#include "child_trainer/augmentation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

namespace nas::child_trainer {
namespace {

using common::RandomStream;
using common::Registry;

at::Tensor random_images(int64_t count, int64_t height, int64_t width) {
  RandomStream random({.seed = 1, .purpose = "augmentation_test"});
  at::Tensor images = at::empty({count, 3, height, width});
  auto* data = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) data[i] = static_cast<float>(random.normal());
  return images;
}

// Streams of the images first .. first + count - 1.
std::vector<RandomStream> streams(int64_t first, int64_t count, uint64_t seed = 1) {
  std::vector<RandomStream> random;
  for (int64_t i = first; i < first + count; ++i) {
    random.emplace_back(
        common::RandomKey{.seed = seed, .purpose = "test", .index = static_cast<uint64_t>(i)});
  }
  return random;
}

at::Tensor augmented(const Augmentation& augmentation, const at::Tensor& images, int64_t first = 0,
                     uint64_t seed = 1) {
  auto random = streams(first, images.size(0), seed);
  return augmentation.apply(images, random);
}

TEST_CASE("Every augmentation has a name, a summary and its function", "[conformance]") {
  REQUIRE(!Registry<Augmentation>::names().empty());
  for (const auto& [name, entry] : Registry<Augmentation>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK(!entry.plugin.summary.empty());
    CHECK(entry.plugin.apply != nullptr);
  }
}

TEST_CASE("Every augmentation keeps the shape and leaves its input alone", "[conformance]") {
  for (const auto& [name, entry] : Registry<Augmentation>::entries()) {
    for (const int64_t count : {int64_t{1}, int64_t{5}}) {
      for (const int64_t side : {int64_t{8}, int64_t{9}, int64_t{32}}) {
        CAPTURE(name, count, side);
        const at::Tensor images = random_images(count, side, side);
        const at::Tensor before = images.clone();
        const at::Tensor result = augmented(entry.plugin, images);
        CHECK(result.sizes().vec() == images.sizes().vec());
        CHECK(result.scalar_type() == at::kFloat);
        CHECK(at::isfinite(result).all().item<bool>());
        CHECK(at::equal(images, before));
      }
    }
  }
}

TEST_CASE("Every augmentation takes images that are not square", "[conformance]") {
  for (const auto& [name, entry] : Registry<Augmentation>::entries()) {
    CAPTURE(name);
    const at::Tensor images = random_images(3, 8, 12);
    CHECK(augmented(entry.plugin, images).sizes().vec() == images.sizes().vec());
  }
}

TEST_CASE("Every augmentation is a function of its random streams", "[conformance]") {
  for (const auto& [name, entry] : Registry<Augmentation>::entries()) {
    CAPTURE(name);
    const at::Tensor images = random_images(32, 16, 16);
    const at::Tensor once = augmented(entry.plugin, images);
    CHECK(at::equal(once, augmented(entry.plugin, images)));
    CHECK_FALSE(at::equal(once, augmented(entry.plugin, images, 0, 2)));
    CHECK_FALSE(at::equal(once, images));
  }
}

TEST_CASE("Every augmentation changes an image in the same way in any batch", "[conformance]") {
  for (const auto& [name, entry] : Registry<Augmentation>::entries()) {
    const at::Tensor images = random_images(6, 16, 16);
    const at::Tensor together = augmented(entry.plugin, images);
    for (int64_t i = 0; i < 6; ++i) {
      CAPTURE(name, i);
      CHECK(at::equal(augmented(entry.plugin, images.slice(0, i, i + 1), i),
                      together.slice(0, i, i + 1)));
    }
    CHECK(at::equal(augmented(entry.plugin, images.slice(0, 2, 5), 2), together.slice(0, 2, 5)));
  }
}

TEST_CASE("Every augmentation gives the same for channels-last images", "[conformance]") {
  for (const auto& [name, entry] : Registry<Augmentation>::entries()) {
    CAPTURE(name);
    const at::Tensor images = random_images(4, 16, 16);
    const at::Tensor last = images.contiguous(at::MemoryFormat::ChannelsLast);
    CHECK(at::equal(augmented(entry.plugin, images), augmented(entry.plugin, last)));
  }
}

// All bits: 0 of another sign would be another result.
bool equal_bits(const at::Tensor& a, const at::Tensor& b) {
  return at::equal(a.contiguous().view(at::kInt), b.contiguous().view(at::kInt));
}

TEST_CASE("gather_pixels takes rows and columns by image, and 0 from outside", "[child_trainer]") {
  const at::Tensor images = random_images(2, 4, 5);
  at::Tensor rows = at::arange(4, at::kLong).repeat({2, 1});
  at::Tensor columns = at::arange(5, at::kLong).repeat({2, 1});
  CHECK(equal_bits(gather_pixels(images, rows, columns), images));
  rows[1] = rows[1].flip({0});
  columns[1] = at::arange(-2, 3, at::kLong);
  const at::Tensor gathered = gather_pixels(images, rows, columns);
  CHECK(equal_bits(gathered[0], images[0]));
  const at::Tensor moved = at::constant_pad_nd(images[1].flip({1}), {2, 0}).slice(2, 0, 5);
  CHECK(equal_bits(gathered[1], moved));
  const at::Tensor outside = gather_pixels(images, rows + 4, columns);
  CHECK(equal_bits(outside, at::zeros_like(images)));
}

TEST_CASE("pad-crop, flip and cutout are what LibTorch's operators make of them",
          "[child_trainer]") {
  const at::Tensor images = random_images(20, 16, 24);
  const auto named = [](const char* name) { return Registry<Augmentation>::find(name); };
  const at::Tensor cropped = augmented(named("pad-crop"), images);
  const at::Tensor flipped = augmented(named("flip"), images);
  const at::Tensor cut = augmented(named("cutout"), images);
  const at::Tensor padded = at::constant_pad_nd(images, {2, 2, 2, 2});
  for (int64_t i = 0; i < images.size(0); ++i) {
    CAPTURE(i);
    RandomStream crop = streams(i, 1)[0];
    const int64_t top = crop.integer(5);
    const int64_t left = crop.integer(5);
    CHECK(equal_bits(cropped[i], padded[i].slice(1, top, top + 16).slice(2, left, left + 24)));
    const bool mirrored = streams(i, 1)[0].chance(0.5);
    CHECK(equal_bits(flipped[i], mirrored ? images[i].flip({2}) : images[i]));
    RandomStream centre = streams(i, 1)[0];
    const int64_t y = centre.integer(16);
    const int64_t x = centre.integer(24);
    at::Tensor mask = at::ones({16, 24});
    mask.slice(0, std::max<int64_t>(0, y - 4), std::min<int64_t>(16, y + 4))
        .slice(1, std::max<int64_t>(0, x - 6), std::min<int64_t>(24, x + 6))
        .zero_();
    CHECK(equal_bits(cut[i], images[i] * mask));
  }
}

}  // namespace
}  // namespace nas::child_trainer
