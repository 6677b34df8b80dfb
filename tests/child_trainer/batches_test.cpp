#include "child_trainer/batches.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "common/error.h"
#include "tests/child_trainer/tensors.h"
#include "tests/support/tiny_dataset.h"

namespace nas::child_trainer {
namespace {

using Catch::Matchers::WithinAbs;

const Normalisation kIdentity = {.mean = {0.0, 0.0, 0.0}, .std_dev = {1.0, 1.0, 1.0}};
const std::vector<std::string> kAugmentations = {"pad-crop", "flip", "cutout"};

at::Tensor indices_of(const std::vector<int64_t>& indices) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(indices.size())}, at::kLong);
  for (size_t i = 0; i < indices.size(); ++i) tensor.data_ptr<int64_t>()[i] = indices[i];
  return tensor;
}

// Image i has the value i everywhere, so that an image can be told from its pixels.
data::Dataset numbered_dataset(int64_t images) {
  data::Dataset dataset;
  dataset.name = "numbered";
  dataset.class_names = {"even", "odd"};
  dataset.height = dataset.width = 4;
  std::vector<uint8_t> pixels;
  for (int64_t i = 0; i < images; ++i) {
    dataset.train.ids.push_back(std::to_string(i));
    dataset.train.labels.push_back(i % 2);
    pixels.insert(pixels.end(), static_cast<size_t>(dataset.image_bytes()),
                  static_cast<uint8_t>(i));
  }
  dataset.train.images = std::move(pixels);
  return dataset;
}

// Numbers of the images of an epoch, in their order.
std::vector<int64_t> numbers_of(const DeviceSplit& split, int64_t batch_size,
                                const common::RandomKey& key) {
  EpochBatches batches(split, batch_size, {}, key);
  std::vector<int64_t> numbers;
  for (int64_t b = 0; b < batches.count(); ++b) {
    const Batch batch = batches.get(b);
    for (int64_t i = 0; i < batch.images.size(0); ++i) {
      const auto number =
          static_cast<int64_t>(std::lround(255.0 * batch.images[i][0][0][0].item<float>()));
      CHECK(batch.targets[i].item<int64_t>() == number % 2);
      numbers.push_back(number);
    }
  }
  return numbers;
}

TEST_CASE("batches: mean and deviation of each channel", "[child_trainer]") {
  data::Dataset dataset;
  dataset.class_names = {"one"};
  dataset.height = 1;
  dataset.width = 2;
  dataset.train.ids = {"a"};
  dataset.train.labels = {0};
  dataset.train.images = std::vector<uint8_t>{10, 100, 255, 30, 100, 0};  // two pixels, RGB
  const Normalisation measured = measure_normalisation(dataset, dataset.train);
  REQUIRE(measured.mean.size() == 3);
  CHECK_THAT(measured.mean[0], WithinAbs(20.0 / 255, 1e-12));
  CHECK_THAT(measured.std_dev[0], WithinAbs(10.0 / 255, 1e-12));
  CHECK_THAT(measured.mean[1], WithinAbs(100.0 / 255, 1e-12));
  CHECK(measured.std_dev[1] > 0);  // a flat channel does not divide by zero
  CHECK_THAT(measured.mean[2], WithinAbs(0.5, 1e-12));
  CHECK_THAT(measured.std_dev[2], WithinAbs(0.5, 1e-12));
}

TEST_CASE("batches: gather gives the normalised pixels of the images asked for",
          "[child_trainer]") {
  const data::Dataset dataset = tests::tiny_dataset(3, 4, 5, 1);
  const Normalisation normalisation = measure_normalisation(dataset, dataset.train);
  const DeviceSplit split(dataset, dataset.train, normalisation, kCpu);
  CHECK(split.count() == 12);
  CHECK_FALSE(split.multi_label());
  const std::vector<int64_t> wanted = {7, 0, 7, 11};
  const Batch batch = split.gather(indices_of(wanted));
  REQUIRE(batch.images.sizes().vec() == std::vector<int64_t>{4, 3, 5, 5});
  double largest = 0;
  for (size_t n = 0; n < wanted.size(); ++n) {
    const auto row = static_cast<int64_t>(n);
    CHECK(batch.targets[row].item<int64_t>() ==
          dataset.train.labels[static_cast<size_t>(wanted[n])]);
    for (int64_t c = 0; c < 3; ++c) {
      for (int64_t y = 0; y < 5; ++y) {
        for (int64_t x = 0; x < 5; ++x) {
          const auto place = static_cast<size_t>(((wanted[n] * 5 + y) * 5 + x) * 3 + c);
          const double pixel = dataset.train.images[place] / 255.0;
          const auto channel = static_cast<size_t>(c);
          const double expected =
              (pixel - normalisation.mean[channel]) / normalisation.std_dev[channel];
          largest =
              std::max(largest, std::abs(batch.images[row][c][y][x].item<double>() - expected));
        }
      }
    }
  }
  CHECK(largest < 1e-5);
}

// Results must not depend on which of both ways a device takes.
TEST_CASE("batches: gather is LibTorch's arithmetic on all pixels, bit for bit",
          "[child_trainer]") {
  const data::Dataset dataset = tests::tiny_dataset(3, 4, 5, 1);
  const Normalisation normalisation = measure_normalisation(dataset, dataset.train);
  const DeviceSplit split(dataset, dataset.train, normalisation, kCpu);
  at::Tensor pixels = at::empty({12, 5, 5, 3}, at::kByte);
  std::copy(dataset.train.images.begin(), dataset.train.images.end(), pixels.data_ptr<uint8_t>());
  at::Tensor scale = at::empty({3});
  at::Tensor shift = at::empty({3});
  for (size_t c = 0; c < 3; ++c) {
    scale.data_ptr<float>()[c] = static_cast<float>(1.0 / (255.0 * normalisation.std_dev[c]));
    shift.data_ptr<float>()[c] = static_cast<float>(255.0 * normalisation.mean[c]);
  }
  const at::Tensor expected = ((pixels.to(at::kFloat) - shift) * scale).permute({0, 3, 1, 2});
  const at::Tensor images = split.gather(at::arange(12, at::kLong)).images;
  CHECK(at::equal(images, expected));
  CHECK(images.is_contiguous(at::MemoryFormat::ChannelsLast));
  CHECK_THROWS_AS(split.gather(indices_of({3, 12})), common::InternalError);
  CHECK_THROWS_AS(split.gather(indices_of({-1})), common::InternalError);
}

TEST_CASE("batches: an epoch has each image at most once", "[child_trainer]") {
  const data::Dataset dataset = numbered_dataset(23);
  const DeviceSplit split(dataset, dataset.train, kIdentity, kCpu);
  const auto numbers = numbers_of(split, 5, {.seed = 1});
  CHECK(numbers.size() == 20);
  const std::set<int64_t> different(numbers.begin(), numbers.end());
  CHECK(different.size() == 20);
  CHECK(*different.rbegin() < 23);
  CHECK(EpochBatches::count_for(23, 5) == 4);
  CHECK(EpochBatches::count_for(20, 5) == 4);
}

TEST_CASE("batches: a set smaller than a batch is one batch of all", "[child_trainer]") {
  const data::Dataset dataset = numbered_dataset(7);
  const DeviceSplit split(dataset, dataset.train, kIdentity, kCpu);
  const auto numbers = numbers_of(split, 64, {.seed = 1});
  CHECK(std::set<int64_t>(numbers.begin(), numbers.end()).size() == 7);
  CHECK(EpochBatches::count_for(7, 64) == 1);
}

TEST_CASE("batches: the order is a function of seed, trial and epoch", "[child_trainer]") {
  const data::Dataset dataset = numbered_dataset(40);
  const DeviceSplit split(dataset, dataset.train, kIdentity, kCpu);
  const auto first = numbers_of(split, 8, {.seed = 1, .trial = 2, .epoch = 3});
  CHECK(first == numbers_of(split, 8, {.seed = 1, .trial = 2, .epoch = 3}));
  CHECK(first != numbers_of(split, 8, {.seed = 1, .trial = 2, .epoch = 4}));
  CHECK(first != numbers_of(split, 8, {.seed = 1, .trial = 5, .epoch = 3}));
  CHECK(first != numbers_of(split, 8, {.seed = 7, .trial = 2, .epoch = 3}));
  CHECK_FALSE(std::is_sorted(first.begin(), first.end()));
}

// A resumed training asks for a batch in the middle first; batches of several threads are made
// ahead in another.
TEST_CASE("batches: made ahead, asked for late or made directly, a batch is the same",
          "[child_trainer]") {
  const data::Dataset dataset = tests::tiny_dataset(4, 12, 9, 2);
  const Normalisation normalisation = measure_normalisation(dataset, dataset.train);
  const DeviceSplit split(dataset, dataset.train, normalisation, kCpu);
  const common::RandomKey key{.seed = 1, .trial = 2, .epoch = 1};
  const int threads = at::get_num_threads();
  const auto all_batches = [&](int count, int64_t from) {
    at::set_num_threads(count);
    EpochBatches batches(split, 7, kAugmentations, key);
    std::vector<Batch> all;
    for (int64_t b = from; b < batches.count(); ++b) all.push_back(batches.get(b));
    return all;
  };
  const auto direct = all_batches(1, 0);
  const auto ahead = all_batches(2, 0);
  const auto late = all_batches(2, 3);
  at::set_num_threads(threads);
  REQUIRE(direct.size() == 6);
  REQUIRE(ahead.size() == 6);
  REQUIRE(late.size() == 3);
  for (size_t b = 0; b < direct.size(); ++b) {
    CHECK(at::equal(direct[b].images, ahead[b].images));
    CHECK(at::equal(direct[b].targets, ahead[b].targets));
    if (b >= 3) CHECK(at::equal(direct[b].images, late[b - 3].images));
  }
  CHECK(direct[0].images.is_contiguous(at::MemoryFormat::ChannelsLast));
}

// One batch of all or four of 6: how an image is changed depends on the image, not on its place.
TEST_CASE("batches: augmentation does not depend on the batch size", "[child_trainer]") {
  const data::Dataset dataset = numbered_dataset(24);
  const Normalisation normalisation = {.mean = {-0.5, -0.5, -0.5}, .std_dev = {1.0, 1.0, 1.0}};
  const DeviceSplit split(dataset, dataset.train, normalisation, kCpu);
  const auto by_number = [&](int64_t batch_size) {
    EpochBatches batches(split, batch_size, kAugmentations, {.seed = 4});
    std::map<int64_t, at::Tensor> images;
    for (int64_t b = 0; b < batches.count(); ++b) {
      const Batch batch = batches.get(b);
      for (int64_t i = 0; i < batch.images.size(0); ++i) {
        // What was not hidden or padded is 0.5 + number / 255.
        const double most = batch.images[i].max().item<double>();
        images[std::lround(255.0 * (most - 0.5))] = batch.images[i];
      }
    }
    return images;
  };
  const auto whole = by_number(24);
  const auto parts = by_number(6);
  REQUIRE(whole.size() == 24);
  REQUIRE(parts.size() == 24);
  for (const auto& [number, image] : whole) {
    CAPTURE(number);
    CHECK(at::equal(image, parts.at(number)));
  }
}

TEST_CASE("batches: the parts of ranks and passes make up the batch of one", "[child_trainer]") {
  const data::Dataset dataset = tests::tiny_dataset(4, 12, 9, 2);
  const Normalisation normalisation = measure_normalisation(dataset, dataset.train);
  const DeviceSplit split(dataset, dataset.train, normalisation, kCpu);
  const common::RandomKey key{.seed = 1, .trial = 2, .epoch = 1};
  EpochBatches whole(split, 11, kAugmentations, key);
  for (const int64_t ranks : {1, 2, 3}) {
    for (const int64_t passes : {1, 2, 3}) {
      CAPTURE(ranks, passes);
      std::vector<std::unique_ptr<EpochBatches>> parts;
      for (int64_t rank = 0; rank < ranks; ++rank) {
        const Share share{.rank = rank, .ranks = ranks, .passes = passes};
        parts.push_back(std::make_unique<EpochBatches>(split, 11, kAugmentations, key, share));
        CHECK(parts.back()->count() == whole.count());
      }
      for (const int64_t index : {0, 1, 3}) {
        const Batch expected = whole.get(index);
        double share = 0;
        int64_t images = 0;
        for (int64_t pass = 0; pass < passes; ++pass) {
          for (const auto& part : parts) {
            const Batch batch = part->get(index, pass);
            CHECK(batch.first == images);
            const int64_t count = batch.images.size(0);
            REQUIRE(count > 0);
            CHECK(at::equal(batch.images, expected.images.narrow(0, images, count)));
            CHECK(at::equal(batch.targets, expected.targets.narrow(0, images, count)));
            images += count;
            share += batch.share;
          }
        }
        CHECK(images == 11);
        CHECK_THAT(share, WithinAbs(1.0, 1e-12));
      }
    }
  }
}

TEST_CASE("batches: several labels become a row of zeros and ones", "[child_trainer]") {
  const data::Dataset dataset = tests::with_several_labels(tests::tiny_dataset(3, 4, 6, 1));
  const DeviceSplit split(dataset, dataset.train, kIdentity, kCpu);
  CHECK(split.multi_label());
  const Batch batch = split.gather(indices_of({4, 5}));
  REQUIRE(batch.targets.sizes().vec() == std::vector<int64_t>{2, 3});
  CHECK(batch.targets.scalar_type() == at::kFloat);
  for (int64_t i = 0; i < 2; ++i) {
    for (int64_t k = 0; k < 3; ++k) {
      const auto expected = dataset.train.label_matrix[static_cast<size_t>((4 + i) * 3 + k)];
      CHECK(batch.targets[i][k].item<float>() == static_cast<float>(expected));
    }
  }
}

TEST_CASE("batches: an index out of range is an error", "[child_trainer]") {
  const data::Dataset dataset = numbered_dataset(8);
  const DeviceSplit split(dataset, dataset.train, kIdentity, kCpu);
  EpochBatches batches(split, 4, {}, {.seed = 1});
  CHECK_THROWS_AS(batches.get(2), common::InternalError);
  CHECK_THROWS_AS(batches.get(-1), common::InternalError);
}

}  // namespace
}  // namespace nas::child_trainer
