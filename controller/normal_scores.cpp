#include "controller/normal_scores.h"

#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/special_ndtri.h>

#include <algorithm>

namespace nas::controller {

std::vector<double> normal_scores(const std::vector<double>& values) {
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> scores;
  for (const double value : values) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
    const auto below = static_cast<double>(first - sorted.begin());
    const auto equal = static_cast<double>(last - first);
    const double share = (below + 0.5 * equal) / static_cast<double>(values.size());
    scores.push_back(at::special_ndtri(at::scalar_tensor(share, at::kDouble)).item<double>());
  }
  return scores;
}

}  // namespace nas::controller
