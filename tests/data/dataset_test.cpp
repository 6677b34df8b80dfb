#include "data/dataset.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <map>
#include <set>

#include "common/error.h"
#include "tests/data/small_dataset.h"

namespace nas::tests {

using Catch::Matchers::ContainsSubstring;
using common::DataError;
using data::Dataset;
using data::Split;

namespace {

// Labels n times each, in the order of their classes.
Split split_of(const std::vector<int64_t>& counts) {
  Split split;
  for (size_t label = 0; label < counts.size(); ++label) {
    for (int64_t i = 0; i < counts[label]; ++i) {
      split.ids.push_back(std::to_string(split.ids.size()));
      split.labels.push_back(static_cast<int64_t>(label));
    }
  }
  return split;
}

Dataset header_of(size_t classes) {
  Dataset dataset;
  for (size_t i = 0; i < classes; ++i) dataset.class_names.push_back("class " + std::to_string(i));
  return dataset;
}

std::map<int64_t, int64_t> label_counts(const Split& split, const std::vector<int64_t>& indices) {
  std::map<int64_t, int64_t> counts;
  for (const int64_t index : indices) ++counts[split.labels.at(static_cast<size_t>(index))];
  return counts;
}

}  // namespace

TEST_CASE("A task has a text", "[data]") {
  CHECK(data::task_text(data::Task::kSingleLabel) == "single-label");
  CHECK(data::task_text(data::Task::kMultiLabel) == "multi-label");
}

TEST_CASE("check accepts datasets that fit together", "[data]") {
  CHECK_NOTHROW(data::check(noise_dataset(), "test"));
  CHECK_NOTHROW(data::check(noise_dataset(10, 0, 0, 8, data::Task::kMultiLabel), "test"));
}

TEST_CASE("check refuses what does not fit together", "[data]") {
  Dataset dataset = noise_dataset();
  SECTION("a label above the classes") { dataset.valid.labels[3] = 3; }
  SECTION("a negative label") { dataset.test.labels[0] = -1; }
  SECTION("a missing label") { dataset.train.labels.pop_back(); }
  SECTION("a label matrix beside labels") { dataset.train.label_matrix.assign(90, 0); }
  SECTION("a missing pixel") {
    std::vector<uint8_t> pixels = dataset.train.images.take();
    pixels.pop_back();
    dataset.train.images = std::move(pixels);
  }
  SECTION("an id twice") { dataset.test.ids[0] = dataset.train.ids[0]; }
  SECTION("no classes") { dataset.class_names.clear(); }
  SECTION("a class twice") { dataset.class_names[1] = "beach"; }
  SECTION("a class without a name") { dataset.class_names[1] = ""; }
  SECTION("no pixels") { dataset.height = 0; }
  SECTION("grey") { dataset.channels = 1; }
  REQUIRE_THROWS_AS(data::check(dataset, "here"), DataError);
  REQUIRE_THROWS_WITH(data::check(dataset, "here"), ContainsSubstring("[here]"));
}

TEST_CASE("check refuses a label of several that is neither 0 nor 1", "[data]") {
  Dataset dataset = noise_dataset(4, 0, 0, 8, data::Task::kMultiLabel);
  dataset.train.label_matrix[5] = 2;
  REQUIRE_THROWS_AS(data::check(dataset, "test"), DataError);
}

TEST_CASE("take keeps image, label and id together", "[data]") {
  const auto task = GENERATE_COPY(data::Task::kSingleLabel, data::Task::kMultiLabel);
  const Dataset dataset = noise_dataset(10, 2, 3, 8, task);
  Dataset taken = dataset;
  taken.train = data::take(dataset, dataset.train, {7, 0});
  CHECK_NOTHROW(data::check(taken, "test"));
  CHECK(taken.train.ids == std::vector<std::string>{"train/7", "train/0"});
  const auto bytes = dataset.image_bytes();
  CHECK(std::equal(taken.train.images.begin(), taken.train.images.begin() + bytes,
                   dataset.train.images.begin() + 7 * bytes));
  REQUIRE_THROWS_AS(data::take(dataset, dataset.train, {30}), common::InternalError);
}

TEST_CASE("stratified_indices keeps the shares of the classes", "[data]") {
  const Split split = split_of({60, 30, 10});
  const Dataset header = header_of(3);
  const auto indices = data::stratified_indices(header, split, 20, 1);
  CHECK(label_counts(split, indices) == std::map<int64_t, int64_t>{{0, 12}, {1, 6}, {2, 2}});
  CHECK(std::is_sorted(indices.begin(), indices.end()));
  CHECK(std::set<int64_t>(indices.begin(), indices.end()).size() == 20);
  CHECK(data::stratified_indices(header, split, 20, 1) == indices);
  CHECK(data::stratified_indices(header, split, 20, 2) != indices);
  CHECK(data::stratified_indices(header, split, 99, 1).size() == 99);
}

TEST_CASE("stratified_indices gives all images, in order, for no count or a large one", "[data]") {
  const Split split = split_of({3, 2});
  for (const int64_t count : {-1, 0, 5, 100}) {
    CHECK(data::stratified_indices(header_of(2), split, count, 0) ==
          std::vector<int64_t>{0, 1, 2, 3, 4});
  }
}

TEST_CASE("stratified_split covers each image once and keeps the shares", "[data]") {
  const Split split = split_of({100, 50, 7, 3, 1});
  const auto parts = data::stratified_split(header_of(5), split, {80, 10, 10}, 3);
  REQUIRE(parts.size() == 3);
  std::set<int64_t> all;
  for (const auto& part : parts) all.insert(part.begin(), part.end());
  CHECK(all.size() == 161);
  CHECK(parts[0].size() + parts[1].size() + parts[2].size() == 161);
  auto train = label_counts(split, parts[0]);
  auto valid = label_counts(split, parts[1]);
  auto test = label_counts(split, parts[2]);
  CHECK((train[0] == 80 && valid[0] == 10 && test[0] == 10));
  CHECK((train[1] == 40 && valid[1] == 5 && test[1] == 5));
  CHECK((train[2] == 5 && valid[2] == 1 && test[2] == 1));
  CHECK((train[3] == 1 && valid[3] == 1 && test[3] == 1));
  CHECK(train[4] == 1);
  CHECK(data::stratified_split(header_of(5), split, {80, 10, 10}, 3) == parts);
}

TEST_CASE("stratified_split does not round all small classes the same way", "[data]") {
  const Split split = split_of({15, 15, 15, 15});
  const auto parts = data::stratified_split(header_of(4), split, {80, 10, 10}, 0);
  CHECK(parts[1].size() == 6);
  CHECK(parts[2].size() == 6);
}

TEST_CASE("stratified_split refuses shares that make no sense", "[data]") {
  const Split split = split_of({4, 4});
  for (const std::vector<double>& weights :
       {std::vector<double>{1, -1}, std::vector<double>{0, 0}, std::vector<double>{}}) {
    REQUIRE_THROWS_AS(data::stratified_split(header_of(2), split, weights, 0), DataError);
  }
}

TEST_CASE("The proxy split takes its reward images from a valid split that is large enough",
          "[data]") {
  const Dataset dataset = noise_dataset(20, 10, 5);
  const Dataset proxy = data::proxy_split(dataset, 30, 15, 8, 1);
  CHECK_NOTHROW(data::check(proxy, "proxy"));
  CHECK(proxy.train.count() == 30);
  CHECK(proxy.valid.count() == 15);
  CHECK(proxy.test.count() == 0);
  for (const auto& id : proxy.train.ids) CHECK(id.substr(0, 5) == "train");
  for (const auto& id : proxy.valid.ids) CHECK(id.substr(0, 5) == "valid");
}

TEST_CASE("The proxy split holds images out from train otherwise", "[data]") {
  const Dataset dataset = noise_dataset(20, 2, 5);
  const Dataset all = data::proxy_split(dataset, 0, 12, 8, 1);
  CHECK(all.train.count() == 48);
  CHECK(all.valid.count() == 12);
  CHECK_NOTHROW(data::check(all, "ids would repeat if the two overlapped"));
  for (const auto& id : all.valid.ids) CHECK(id.substr(0, 5) == "train");

  const Dataset some = data::proxy_split(dataset, 24, 12, 8, 1);
  CHECK(some.train.count() == 24);
  CHECK(std::count(some.train.labels.begin(), some.train.labels.end(), 2) == 8);
  CHECK(some.valid.ids == all.valid.ids);
  CHECK(data::proxy_split(dataset, 24, 12, 8, 2).valid.ids != all.valid.ids);
}

TEST_CASE("The proxy split is resized", "[data]") {
  const Dataset proxy = data::proxy_split(noise_dataset(20, 2, 5), 24, 12, 4, 1);
  CHECK(proxy.height == 4);
  CHECK(proxy.width == 4);
  CHECK_NOTHROW(data::check(proxy, "proxy"));
}

TEST_CASE("The proxy split refuses more images than there are", "[data]") {
  const Dataset dataset = noise_dataset(10, 2, 50);
  REQUIRE_THROWS_AS(data::proxy_split(dataset, 25, 12, 8, 1), DataError);
  REQUIRE_THROWS_AS(data::proxy_split(dataset, 0, 30, 8, 1), DataError);
  REQUIRE_THROWS_AS(data::proxy_split(dataset, 31, 6, 8, 1), DataError);
  REQUIRE_THROWS_AS(data::proxy_split(dataset, 5, 0, 8, 1), DataError);
}

TEST_CASE("resized scales every split and leaves images of that size as they are", "[data]") {
  const Dataset dataset = noise_dataset();
  CHECK(data::resized(dataset, 8).train.images == dataset.train.images);
  const Dataset large = data::resized(dataset, 12);
  CHECK(large.image_bytes() == 12 * 12 * 3);
  CHECK(large.test.ids == dataset.test.ids);
  CHECK_NOTHROW(data::check(large, "resized"));
}

}  // namespace nas::tests
