// Keeps the copies of a network that the ranks have alike.
#pragma once

#include "child_trainer/checkpoint.h"
#include "child_trainer/distributed/communicator.h"

namespace nas::child_trainer {

// Rank 0's weights, statistics, momentum and progress on every rank.
void share_state(Communicator& communicator, Network& network, Optimizer& optimizer,
                 Progress& progress);

// Each rank takes the statistics of batch norms over its own images; evaluation and checkpoints use
// their mean.
void average_buffers(Communicator& communicator, Network& network);

}  // namespace nas::child_trainer
