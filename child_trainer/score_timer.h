// How long a zero-cost score takes.
#pragma once

#include "child_trainer/score.h"

namespace nas::child_trainer {

// Seconds of one score on a batch of so many random images (2 or more), with the making of the
// network, after a warm-up; the smaller of two.
double seconds_a_score(const Score& score, const search_space::NetworkGraph& graph, int64_t images,
                       at::Device device);

}  // namespace nas::child_trainer
