// Scores of a network over every image of a split.
#pragma once

#include "child_trainer/batches.h"
#include "child_trainer/distributed/communicator.h"
#include "child_trainer/network.h"

namespace nas::child_trainer {

constexpr int64_t kEvaluationBatch = 250;

// Probabilities [N, K], row by row: softmax (single-label) or sigmoid (multi-label). Every image is
// scored once; the result does not depend on the batch size beyond rounding.
std::vector<float> scores_of(Network& network, const DeviceSplit& split,
                             int64_t batch_size = kEvaluationBatch);

// The same on every rank, each of which scores some of the batches.
std::vector<float> scores_of(Network& network, const DeviceSplit& split, Communicator& communicator,
                             int64_t batch_size = 250);

}  // namespace nas::child_trainer
