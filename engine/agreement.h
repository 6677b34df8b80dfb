// How well an order of architectures agrees with what they are worth.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/json.h"

namespace nas::engine {

// Rank correlations in [-1, 1], and their bootstrap standard errors.
struct Agreement {
  std::string order;  // its name
  std::string meaning;
  double spearman = 0.0;
  double spearman_error = 0.0;
  double kendall = 0.0;
  double kendall_error = 0.0;
};

// values, worth: of the same architectures. seed: of the bootstrap.
Agreement agreement_of(const std::string& order, const std::string& meaning,
                       const std::vector<double>& values, const std::vector<double>& worth,
                       uint64_t seed);

common::Json to_json(const Agreement& agreement);  // without its meaning

}  // namespace nas::engine
