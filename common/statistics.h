// Statistics that do not depend on how numbers are distributed: medians, and ranks, which say
// whether one list orders things as another does.
#pragma once

#include <cstdint>
#include <vector>

namespace nas::common {

// The value in the middle, or the mean of both that are; `values` is not empty.
double median(std::vector<double> values);

// The standard deviation of normal numbers, and little moved by a few that lie far off: 1.4826
// times the median distance from the median.
double robust_deviation(std::vector<double> values);

// Ranks from 1; equal values share the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values);

// Correlations in [-1, 1] of two lists of one length, of finite numbers. Not defined, and NaN,
// where all numbers of a list are equal (or it has fewer than two).
using Correlation = double (*)(const std::vector<double>& x, const std::vector<double>& y);
double pearson(const std::vector<double>& x, const std::vector<double>& y);
// Of the ranks (Spearman 1904).
double spearman(const std::vector<double>& x, const std::vector<double>& y);
// Tau-b (Kendall 1945), in n log n steps (Knight 1966).
double kendall(const std::vector<double>& x, const std::vector<double>& y);

// The standard error of a correlation: its standard deviation over `resamples` lists of as many
// pairs, drawn with replacement (Efron 1979), as far as it is defined for them. NaN where it is not
// defined for the lists themselves, or for fewer than two of the drawn.
double bootstrap_error(Correlation correlation, const std::vector<double>& x,
                       const std::vector<double>& y, uint64_t seed, int resamples = 200);

}  // namespace nas::common
