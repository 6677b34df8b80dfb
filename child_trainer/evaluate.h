// Scores of a network over every image of a split.
#pragma once

#include <algorithm>

#include "child_trainer/batches.h"
#include "child_trainer/distributed/communicator.h"
#include "child_trainer/network.h"

namespace nas::child_trainer {

// Images that are scored at once.
constexpr int64_t kEvaluationBatch = 250;
// While a network is trained by so many at once: an evaluation shall not need the more memory.
inline int64_t evaluation_batch(int64_t trained_at_once) {
  return std::min(kEvaluationBatch, trained_at_once);
}

// Probabilities [N, K], row by row: softmax (single-label) or sigmoid (multi-label). Every image is
// scored once; the result does not depend on the batch size beyond rounding.
std::vector<float> scores_of(Network& network, const DeviceSplit& split,
                             int64_t batch_size = kEvaluationBatch);

// The same on every rank, each of which scores some of the batches.
std::vector<float> scores_of(Network& network, const DeviceSplit& split, Communicator& communicator,
                             int64_t batch_size = kEvaluationBatch);

}  // namespace nas::child_trainer
