// What every renderer must do, run over each registered name.
#include "data/renderer.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "common/registry.h"

namespace nas::tests {

using common::Registry;
using data::Dataset;
using data::Renderer;
using data::RenderRequest;
using data::Split;

namespace {

RenderRequest request_of(int64_t size, uint64_t seed) {
  RenderRequest request;
  request.images = 600;
  request.size = size;
  request.seed = seed;
  return request;
}

void check_same(const Split& one, const Split& other) {
  CHECK(one.images == other.images);
  CHECK(one.labels == other.labels);
  CHECK(one.label_matrix == other.label_matrix);
  CHECK(one.ids == other.ids);
}

std::set<int64_t> classes_of(const Dataset& dataset, const Split& split) {
  std::set<int64_t> classes(split.labels.begin(), split.labels.end());
  for (size_t i = 0; i < split.label_matrix.size(); ++i) {
    if (split.label_matrix[i] != 0) {
      classes.insert(static_cast<int64_t>(i) % dataset.class_count());
    }
  }
  return classes;
}

}  // namespace

TEST_CASE("Every renderer has a name, a summary and its function", "[conformance]") {
  REQUIRE(!Registry<Renderer>::names().empty());
  for (const auto& [name, entry] : Registry<Renderer>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK(!entry.plugin.summary.empty());
    CHECK(entry.plugin.draw != nullptr);
  }
}

TEST_CASE("Every renderer draws a whole dataset in the size asked for", "[conformance]") {
  for (const auto& [name, entry] : Registry<Renderer>::entries()) {
    for (const int64_t size : {32, 64}) {
      CAPTURE(name, size);
      const Dataset dataset = entry.plugin.draw(request_of(size, 0));
      CHECK_NOTHROW(data::check(dataset, name));
      CHECK(dataset.name == name);
      CHECK(dataset.synthetic);
      CHECK(dataset.provenance == data::rendered_provenance(name, entry.plugin.version, 0));
      CHECK(dataset.height == size);
      CHECK(dataset.width == size);
      CHECK(dataset.class_count() >= 2);
      CHECK(dataset.train.count() + dataset.valid.count() + dataset.test.count() == 600);
      for (const Split* split : {&dataset.train, &dataset.valid, &dataset.test}) {
        CHECK(classes_of(dataset, *split).size() == dataset.class_names.size());
      }
    }
  }
}

TEST_CASE("Every renderer draws the same for the same request only", "[conformance]") {
  for (const auto& [name, entry] : Registry<Renderer>::entries()) {
    CAPTURE(name);
    const Dataset dataset = entry.plugin.draw(request_of(32, 7));
    const Dataset again = entry.plugin.draw(request_of(32, 7));
    check_same(again.train, dataset.train);
    check_same(again.valid, dataset.valid);
    check_same(again.test, dataset.test);
    CHECK(entry.plugin.draw(request_of(32, 8)).train.images != dataset.train.images);
  }
}

}  // namespace nas::tests
