// From a batch to its loss: what a training step computes before the backward pass.
#pragma once

#include "child_trainer/batches.h"
#include "child_trainer/network.h"
#include "child_trainer/train_settings.h"

namespace nas::child_trainer {

struct StepLoss {
  at::Tensor loss;    // a scalar, with the graph for backward()
  at::Tensor logits;  // [N, classes], without it
};

// In the settings' precision, with their label smoothing and the auxiliary head's share.
// The losses of the parts of a step's batch add up to its own. drop_path: the present rate; key: of
// this step; synchronise: see Pass.
StepLoss forward_loss(Network& network, const Batch& batch, const TrainSettings& settings,
                      double drop_path, const common::RandomKey& key,
                      Communicator* synchronise = nullptr);

}  // namespace nas::child_trainer
