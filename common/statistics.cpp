#include "common/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "common/random.h"

namespace nas::common {

namespace {

using Numbers = std::vector<double>;

constexpr double kNotDefined = std::numeric_limits<double>::quiet_NaN();

double mean_of(const Numbers& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Calls what(begin, end) for each run of neighbours that `equal` holds for.
template <class Equal, class What>
void each_tie(size_t count, Equal equal, What what) {
  for (size_t begin = 0, end = 0; begin < count; begin = end) {
    for (end = begin + 1; end < count && equal(begin, end);) ++end;
    what(begin, end);
  }
}

double pairs(size_t count) {
  return static_cast<double>(count) * (static_cast<double>(count) - 1) / 2;
}

template <class Equal>
double tied_pairs(size_t count, Equal equal) {
  double tied = 0;
  each_tie(count, equal, [&](size_t begin, size_t end) { tied += pairs(end - begin); });
  return tied;
}

// Sorts values[begin, end) and counts the pairs that stood in the wrong order.
double sort_counting(Numbers& values, size_t begin, size_t end) {
  if (end - begin < 2) return 0;
  const size_t middle = begin + (end - begin) / 2;
  double swaps = sort_counting(values, begin, middle) + sort_counting(values, middle, end);
  for (size_t left = begin, right = middle; right < end; ++right) {
    while (left < middle && values[left] <= values[right]) ++left;
    swaps += static_cast<double>(middle - left);
  }
  const auto at = [&](size_t i) { return values.begin() + static_cast<std::ptrdiff_t>(i); };
  std::inplace_merge(at(begin), at(middle), at(end));
  return swaps;
}

}  // namespace

double median(Numbers values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

double robust_deviation(Numbers values) {
  const double middle = median(values);
  for (double& value : values) value = std::abs(value - middle);
  return 1.4826 * median(std::move(values));
}

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  Numbers result(values.size());
  const auto equal = [&](size_t a, size_t b) { return values[order[a]] == values[order[b]]; };
  each_tie(values.size(), equal, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i)
      result[order[i]] = static_cast<double>(begin + end + 1) / 2;
  });
  return result;
}

double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  const double mean_x = mean_of(x);
  const double mean_y = mean_of(y);
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? std::clamp(xy / std::sqrt(xx) / std::sqrt(yy), -1.0, 1.0) : kNotDefined;
}

double spearman(const std::vector<double>& x, const std::vector<double>& y) {
  return pearson(ranks(x), ranks(y));
}

double kendall(const std::vector<double>& x, const std::vector<double>& y) {
  const size_t count = x.size();
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return x[a] != x[b] ? x[a] < x[b] : y[a] < y[b]; });
  const auto same_x = [&](size_t a, size_t b) { return x[order[a]] == x[order[b]]; };
  const double tied_x = tied_pairs(count, same_x);
  const double tied_both = tied_pairs(
      count, [&](size_t a, size_t b) { return same_x(a, b) && y[order[a]] == y[order[b]]; });
  Numbers sorted(count);
  for (size_t i = 0; i < count; ++i) sorted[i] = y[order[i]];
  const double discordant = sort_counting(sorted, 0, count);
  const double tied_y =
      tied_pairs(count, [&](size_t a, size_t b) { return sorted[a] == sorted[b]; });
  const double all = pairs(count);
  if (tied_x >= all || tied_y >= all) return kNotDefined;
  const double concordant = all - tied_x - tied_y + tied_both - discordant;
  const double value =
      (concordant - discordant) / std::sqrt(all - tied_x) / std::sqrt(all - tied_y);
  return std::clamp(value, -1.0, 1.0);  // of rounding
}

double bootstrap_error(Correlation correlation, const std::vector<double>& x,
                       const std::vector<double>& y, uint64_t seed, int resamples) {
  if (std::isnan(correlation(x, y))) return kNotDefined;
  RandomStream random({.seed = seed, .purpose = "bootstrap"});
  const auto count = static_cast<int64_t>(x.size());
  Numbers values;
  for (int i = 0; i < resamples; ++i) {
    Numbers some_x;
    Numbers some_y;
    for (int64_t k = 0; k < count; ++k) {
      const auto drawn = static_cast<size_t>(random.integer(count));
      some_x.push_back(x[drawn]);
      some_y.push_back(y[drawn]);
    }
    const double value = correlation(some_x, some_y);
    if (!std::isnan(value)) values.push_back(value);
  }
  if (values.size() < 2) return kNotDefined;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace nas::common
