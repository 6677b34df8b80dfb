#include "export/parity.h"

#include <algorithm>
#include <cmath>

#include "common/error.h"

namespace nas::exporting {

namespace {

void require_numbers(const std::vector<float>& scores, const std::string& side) {
  const auto found =
      std::find_if(scores.begin(), scores.end(), [](float score) { return !std::isfinite(score); });
  if (found == scores.end()) return;
  throw common::DataError(
      {.where = "parity",
       .what = side + " score " + std::to_string(found - scores.begin()) + " is not a number",
       .got = std::to_string(*found)});
}

}  // namespace

Parity check_parity(const std::vector<float>& ours, const std::vector<float>& theirs,
                    int64_t classes) {
  if (classes < 1 || ours.size() != theirs.size() ||
      ours.size() % static_cast<size_t>(classes) != 0) {
    throw common::InternalError(
        {.where = "parity",
         .what = "scores of different sizes",
         .got = std::to_string(ours.size()) + " and " + std::to_string(theirs.size()),
         .expected = std::string("twice the same multiple of ") + std::to_string(classes)});
  }
  require_numbers(ours, "the network's");
  require_numbers(theirs, "the exported model's");
  Parity parity;
  parity.images = static_cast<int64_t>(ours.size()) / classes;
  for (int64_t image = 0; image < parity.images; ++image) {
    const auto a = ours.begin() + image * classes;
    const auto b = theirs.begin() + image * classes;
    if (std::max_element(a, a + classes) - a == std::max_element(b, b + classes) - b)
      ++parity.same_top_label;
    for (int64_t label = 0; label < classes; ++label) {
      const double difference =
          std::abs(static_cast<double>(a[label]) - static_cast<double>(b[label]));
      parity.largest_difference = std::max(parity.largest_difference, difference);
    }
  }
  return parity;
}

}  // namespace nas::exporting
