// A network whose weights are those of a bank: what a graph computes alone, it computes here, by
// the same code. Nothing is copied but what is put together from slices.
#pragma once

#include "child_trainer/network.h"
#include "child_trainer/supernet/weight_bank.h"
#include "child_trainer/train_settings.h"
#include "search_space/shared_parameters.h"

namespace nas::child_trainer {

class Subnetwork {
 public:
  // The bank must outlive it. Batch norms begin with mean 0 and variance 1; their statistics are
  // this network's own.
  Subnetwork(WeightBank& bank, search_space::NetworkGraph graph, const TrainSettings& settings);

  Network& network() { return network_; }

  // A parameter of the bank, and the sum of its gradients since the last call; without those that
  // no backward pass has reached.
  struct Update {
    WeightBank::Entry* entry;
    at::Tensor gradient;
  };
  std::vector<Update> take_gradients();

  // One step of SGD with Nesterov momentum by take_gradients(), which are clipped and decayed as
  // the settings say. What has no gradient stays as it is, momentum too. Others that use the bank
  // and have put slices together before do not see it.
  void step(double learning_rate);

 private:
  struct Joined {
    at::Tensor tensor;  // a leaf of the network
    int dimension = 0;
    std::vector<std::pair<WeightBank::Entry*, search_space::SharedSlice>> slices;
  };

  std::vector<std::vector<at::Tensor>> find_parameters(WeightBank& bank,
                                                       const search_space::NetworkGraph& graph);
  void join();

  TrainSettings settings_;
  std::vector<WeightBank::Entry*> whole_;
  std::vector<Joined> joined_;
  Network network_;
};

}  // namespace nas::child_trainer
