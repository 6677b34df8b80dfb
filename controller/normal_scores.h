// Rewards of any scale and shape as numbers of a standard normal distribution.
#pragma once

#include <vector>

namespace nas::controller {

// The normal quantile of each value's rank: Φ⁻¹((rank - 1/2) / count), ranks 1 … count from the
// smallest; equal values share their mean rank. So a few very bad values do not dwarf the
// differences among the good, and any growing function of the values gives the same scores.
std::vector<double> normal_scores(const std::vector<double>& values);

}  // namespace nas::controller
