// How well one order of architectures agrees with another, as the benches state it.
#pragma once

#include <string>
#include <vector>

#include "common/json.h"

namespace nas::engine {

// Of fewer architectures no correlation is stated.
inline constexpr int64_t kFewestRanked = 8;

// Rank correlations in [-1, 1], and their bootstrap standard errors; NaN where they are not
// defined: all values, or all that they are compared with, are equal.
struct RankAgreement {
  double spearman = 0.0;
  double spearman_error = 0.0;
  double kendall = 0.0;
  double kendall_error = 0.0;
};

// Lists of one length, of finite numbers; the seed draws the bootstrap's lists.
RankAgreement rank_agreement(const std::vector<double>& values, const std::vector<double>& worth,
                             uint64_t seed);

// The fields by name; what is not defined is null.
common::Json to_json(const RankAgreement& agreement);

// Columns of a table for people, and their heading.
std::string agreement_heading();
std::string agreement_text(const RankAgreement& agreement);

}  // namespace nas::engine
