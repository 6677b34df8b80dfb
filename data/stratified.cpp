// Drawing images so that each class keeps its share.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "common/error.h"
#include "common/random.h"
#include "data/dataset.h"

namespace nas::data {

namespace {

// The indices of each class in random order; one group of all where images have several labels.
std::vector<std::vector<int64_t>> shuffled_classes(const Dataset& dataset, const Split& split,
                                                   uint64_t seed, const char* purpose) {
  const bool single = dataset.task == Task::kSingleLabel;
  std::vector<std::vector<int64_t>> groups(single ? dataset.class_names.size() : 1);
  for (int64_t i = 0; i < split.count(); ++i) {
    const size_t group = single ? static_cast<size_t>(split.labels.at(static_cast<size_t>(i))) : 0;
    groups.at(group).push_back(i);
  }
  for (size_t g = 0; g < groups.size(); ++g) {
    common::RandomStream random({.seed = seed, .purpose = purpose, .index = g});
    std::vector<int64_t> shuffled;
    for (const int64_t place : random.permutation(static_cast<int64_t>(groups[g].size()))) {
      shuffled.push_back(groups[g][static_cast<size_t>(place)]);
    }
    groups[g] = std::move(shuffled);
  }
  return groups;
}

// How many of `count` images each part gets: largest remainder; equal remainders go to the part
// that rounding has cost most so far (`owed`), so that many small classes do not all round the same
// way. Where there are enough images, no part with a weight stays empty.
std::vector<int64_t> part_sizes(int64_t count, const std::vector<double>& weights, double sum,
                                std::vector<double>& owed) {
  std::vector<double> exact(weights.size());
  std::vector<int64_t> sizes(weights.size());
  std::vector<size_t> order;
  int64_t left = count;
  for (size_t p = 0; p < weights.size(); ++p) {
    exact[p] = static_cast<double>(count) * weights[p] / sum;
    sizes[p] = static_cast<int64_t>(std::floor(exact[p] + 1e-9));
    left -= sizes[p];
    if (weights[p] > 0) order.push_back(p);
  }
  const auto rank = [&](size_t p) {
    const double remainder = exact[p] - std::floor(exact[p] + 1e-9);
    return std::make_pair(-std::llround(remainder * 1e6), -std::llround(owed[p] * 1e6));
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return rank(a) < rank(b); });
  for (size_t k = 0; left > 0; ++k, --left) ++sizes[order[k % order.size()]];
  for (const size_t p : order) {
    const auto largest = std::max_element(sizes.begin(), sizes.end());
    if (sizes[p] == 0 && *largest > 1) {
      --*largest;
      ++sizes[p];
    }
  }
  for (size_t p = 0; p < weights.size(); ++p) owed[p] += exact[p] - static_cast<double>(sizes[p]);
  return sizes;
}

double checked_sum(const std::vector<double>& weights) {
  double sum = 0;
  for (const double weight : weights) {
    if (!std::isfinite(weight) || weight < 0) {
      throw common::DataError({.where = "split",
                               .what = "a share of a split is negative or no number",
                               .got = std::to_string(weight)});
    }
    sum += weight;
  }
  if (sum <= 0) {
    throw common::DataError({.where = "split",
                             .what = "all shares of a split are zero",
                             .expected = "shares such as 80, 10, 10"});
  }
  return sum;
}

}  // namespace

std::vector<int64_t> stratified_indices(const Dataset& dataset, const Split& split, int64_t count,
                                        uint64_t seed) {
  const int64_t total = split.count();
  std::vector<int64_t> indices;
  if (count <= 0 || count >= total) {
    indices.resize(static_cast<size_t>(total));
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
  }
  const auto groups = shuffled_classes(dataset, split, seed, "stratified indices");
  std::vector<int64_t> sizes;
  int64_t left = count;
  for (const auto& group : groups) {
    sizes.push_back(count * static_cast<int64_t>(group.size()) / total);
    left -= sizes.back();
  }
  const auto remainder = [&](size_t g) {
    return count * static_cast<int64_t>(groups[g].size()) % total;
  };
  std::vector<size_t> order(groups.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return remainder(a) > remainder(b); });
  for (size_t k = 0; left > 0; ++k, --left) ++sizes[order[k]];
  for (size_t g = 0; g < groups.size(); ++g) {
    indices.insert(indices.end(), groups[g].begin(), groups[g].begin() + sizes[g]);
  }
  std::sort(indices.begin(), indices.end());
  return indices;
}

std::vector<std::vector<int64_t>> stratified_split(const Dataset& dataset, const Split& split,
                                                   const std::vector<double>& weights,
                                                   uint64_t seed) {
  const double sum = checked_sum(weights);
  std::vector<std::vector<int64_t>> parts(weights.size());
  std::vector<double> owed(weights.size(), 0.0);
  for (const auto& group : shuffled_classes(dataset, split, seed, "stratified split")) {
    const auto sizes = part_sizes(static_cast<int64_t>(group.size()), weights, sum, owed);
    auto next = group.begin();
    for (size_t p = 0; p < parts.size(); ++p) {
      parts[p].insert(parts[p].end(), next, next + sizes[p]);
      next += sizes[p];
    }
  }
  for (auto& part : parts) std::sort(part.begin(), part.end());
  return parts;
}

}  // namespace nas::data
