#include "child_trainer/segments.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <random>

namespace nas::child_trainer {
namespace {

// Value 0 is given; step s writes value s + 1 and reads the one before it.
Computation chain(int steps, int64_t bytes) {
  Computation computation{.steps = {}, .bytes = {bytes}, .results = {steps}};
  for (int s = 0; s < steps; ++s) {
    computation.steps.push_back({.writes = s + 1, .reads = {s}});
    computation.bytes.push_back(bytes);
  }
  return computation;
}

// By value: the steps that first write it (given: -1) and last touch it (results: the end).
struct Lives {
  std::vector<int> first, last;

  explicit Lives(const Computation& computation)
      : first(computation.bytes.size(), -1), last(computation.bytes.size(), -1) {
    for (size_t s = 0; s < computation.steps.size(); ++s) {
      const auto value = static_cast<size_t>(computation.steps[s].writes);
      if (first[value] < 0) first[value] = static_cast<int>(s);
      last[value] = static_cast<int>(s);
      for (const int read : computation.steps[s].reads)
        last[static_cast<size_t>(read)] = static_cast<int>(s);
    }
    for (const int value : computation.results)
      last[static_cast<size_t>(value)] = static_cast<int>(computation.steps.size());
  }
};

// What is alive at the most while the backward pass is in a segment: values of the segment, with
// gradients, and all that was kept before.
int64_t most_alive(const Computation& computation, const std::vector<int>& begins) {
  const Lives lives(computation);
  int64_t most = 0;
  int64_t kept = 0;
  for (size_t i = 0; i < begins.size(); ++i) {
    const int end =
        i + 1 < begins.size() ? begins[i + 1] : static_cast<int>(computation.steps.size());
    int64_t computed = 0;
    int64_t crossing = 0;
    for (size_t value = 0; value < computation.bytes.size(); ++value) {
      if (lives.first[value] < begins[i] || lives.first[value] >= end) continue;
      computed += computation.bytes[value];
      if (lives.last[value] >= end) crossing += computation.bytes[value];
    }
    most = std::max(most, kept + 2 * computed);
    kept += crossing;
  }
  return most;
}

// Steps that read any of the values before them; two of them write one value in parts.
Computation any_computation(uint32_t seed) {
  std::mt19937 random(seed);
  Computation computation{.steps = {}, .bytes = {8}, .results = {11}};
  for (int value = 1; value <= 11; ++value) {
    const auto read = static_cast<int>(random() % static_cast<uint32_t>(value));
    computation.steps.push_back({.writes = value, .reads = {value - 1, read}});
    computation.bytes.push_back(1 + random() % 20);
  }
  computation.steps.insert(computation.steps.begin() + 9,
                           {.writes = static_cast<int>(1 + random() % 9), .reads = {0}});
  return computation;
}

TEST_CASE("segments: a chain is cut into about the square root of its length", "[child_trainer]") {
  const Computation computation = chain(100, 8);
  const Segments segments = cut(computation);
  CHECK(segments.begins.front() == 0);
  CHECK(std::is_sorted(segments.begins.begin(), segments.begins.end()));
  CHECK(most_alive(computation, segments.begins) <= segments.bytes);
  // So many equal segments keep 14 values and need twice the 7 of a segment; those of growing
  // length from the end to the beginning need less.
  CHECK(segments.bytes < (14 + 2 * 7) * 8);
  CHECK(segments.count() >= 10);
  CHECK(std::count(segments.kept.begin(), segments.kept.end(), false) > 50);
  CHECK(segments.kept[0]);
  CHECK(segments.kept[100]);
}

TEST_CASE("segments: no other cuts need less, and what crosses them is kept", "[child_trainer]") {
  const uint32_t seed = GENERATE(range(0, 20));
  CAPTURE(seed);
  const Computation computation = any_computation(seed);
  const auto steps = static_cast<int>(computation.steps.size());
  int64_t least = most_alive(computation, {0});
  for (int cuts = 0; cuts < 1 << (steps - 1); ++cuts) {
    std::vector<int> begins = {0};
    for (int step = 1; step < steps; ++step)
      if ((cuts >> (step - 1) & 1) != 0) begins.push_back(step);
    least = std::min(least, most_alive(computation, begins));
  }
  const Segments segments = cut(computation);
  CHECK(segments.bytes == least);
  CHECK(most_alive(computation, segments.begins) == least);

  const Lives lives(computation);
  for (size_t value = 0; value < computation.bytes.size(); ++value) {
    CAPTURE(value);
    size_t segment = 0;
    while (segment + 1 < segments.count() && segments.begins[segment + 1] <= lives.first[value])
      ++segment;
    const bool crosses = lives.last[value] >= segments.end(segment, computation);
    const bool last = segment + 1 == segments.count();
    CHECK(segments.kept[value] == (lives.first[value] < 0 || crosses || last));
  }
}

TEST_CASE("segments: what is too short to gain anything is kept whole", "[child_trainer]") {
  for (const int steps : {1, 2}) {
    const Segments segments = cut(chain(steps, 8));
    CHECK(std::count(segments.kept.begin(), segments.kept.end(), false) == 0);
  }
  const Segments one = whole(chain(30, 8));
  CHECK(one.begins == std::vector<int>{0});
  CHECK(std::count(one.kept.begin(), one.kept.end(), false) == 0);
}

TEST_CASE("segments: a value in parts is kept whole or not at all", "[child_trainer]") {
  Computation computation = chain(40, 8);
  // Value 20 gets its second part at the end, where it is read.
  computation.steps.push_back({.writes = 20, .reads = {40}});
  computation.steps.push_back({.writes = 41, .reads = {20}});
  computation.bytes.push_back(8);
  computation.results = {41};
  const Segments segments = cut(computation);
  REQUIRE(segments.count() > 2);
  REQUIRE(segments.begins.back() > 20);
  CHECK(segments.kept[20]);
}

TEST_CASE("thrifty order: what frees more than it writes comes as soon as it does",
          "[child_trainer]") {
  // Value 1 is large; steps 1 and 4 are its readers, and write small ones.
  const Computation computation{.steps = {{.writes = 1, .reads = {0}},
                                          {.writes = 2, .reads = {1}},
                                          {.writes = 3, .reads = {2}},
                                          {.writes = 4, .reads = {3}},
                                          {.writes = 5, .reads = {1}},
                                          {.writes = 6, .reads = {4, 5}}},
                                .bytes = {8, 80, 8, 8, 8, 8, 8},
                                .results = {6}};
  CHECK(thrifty_order(computation) == std::vector<int>{0, 1, 4, 2, 3, 5});

  Computation result = computation;
  result.results = {6, 1};  // nobody frees it
  CHECK(thrifty_order(result) == std::vector<int>{0, 1, 2, 3, 4, 5});

  Computation parts = computation;  // not before both parts are there
  parts.steps.insert(parts.steps.begin() + 3, {.writes = 1, .reads = {0}});
  CHECK(thrifty_order(parts) == std::vector<int>{0, 1, 2, 3, 5, 4, 6});
}

}  // namespace
}  // namespace nas::child_trainer
