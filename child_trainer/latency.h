// How long a network takes to answer.
#pragma once

#include "child_trainer/network.h"

namespace nas::child_trainer {

// Milliseconds from `batch` images on the network's device to their logits in memory, in float32:
// the median of repeated passes after a warm-up. It is measured with what else the machine does.
double median_latency_ms(Network& network, int64_t batch);

}  // namespace nas::child_trainer
