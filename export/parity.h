// Whether an exported model gives the scores of the network that it was made from.
#pragma once

#include <cstdint>
#include <vector>

namespace nas::exporting {

struct Parity {
  double largest_difference = 0;  // of any score
  int64_t same_top_label = 0;     // images whose highest score is of the same label on both sides
  int64_t images = 0;
};

// Scores are [N, classes]. Throws InternalError when the sizes do not fit, DataError when a score
// is not a number.
Parity check_parity(const std::vector<float>& ours, const std::vector<float>& theirs,
                    int64_t classes);

}  // namespace nas::exporting
