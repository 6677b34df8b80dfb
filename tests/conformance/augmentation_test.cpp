// What every augmentation must do, run over each registered name.
#include "child_trainer/augmentation.h"

#include <ATen/ATen.h>

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

TEST_CASE("gather_pixels takes rows and columns by image", "[child_trainer]") {
  const at::Tensor images = random_images(2, 4, 4);
  at::Tensor rows = at::arange(4, at::kLong).repeat({2, 1});
  at::Tensor columns = at::arange(4, at::kLong).repeat({2, 1});
  CHECK(at::equal(gather_pixels(images, rows, columns), images));
  rows[1] = rows[1].flip({0});
  const at::Tensor flipped = gather_pixels(images, rows, columns);
  CHECK(at::equal(flipped[0], images[0]));
  CHECK(at::equal(flipped[1], images[1].flip({1})));
}

}  // namespace
}  // namespace nas::child_trainer
