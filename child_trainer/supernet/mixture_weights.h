// The weights of a mixture: softmax(alpha) over the operations of each edge (Liu et al. 2019), and
// with partial channels softmax(beta) over the edges of each node (Xu et al. 2020); all cells of a
// kind have the same. Trained by Adam.
#pragma once

#include "child_trainer/network.h"
#include "search_space/mixture.h"

namespace nas::child_trainer {

struct MixtureSettings {
  double learning_rate = 3e-4;
  double weight_decay = 1e-3;    // L2
  int64_t warmup_epochs = 0;     // in which they stay as they are
  bool second_order = false;     // see mixture_supernet.h
  int64_t partial_channels = 1;  // more: weights of edges, too
};

class MixtureWeights {
 public:
  // network: of the dense architecture; alpha and beta start from 0.001 times normal draws.
  MixtureWeights(const search_space::Mixture& mixture, const MixtureSettings& settings,
                 uint64_t seed, Network& network);

  // Gives the network's weighted sums their weights.
  void write() const;

  // The gradients at alpha [edges, operations] and beta [edges], by what backward passes have left
  // at the weighted sums since the last call.
  struct Gradients {
    at::Tensor alpha;
    at::Tensor beta;  // undefined without weights of edges
  };
  Gradients take_gradients() const;

  // One step of Adam (Kingma and Ba 2015), with moments .5 and .999.
  void step(const Gradients& gradients);

  // What the edges' operations weigh [edges][operations]: with weights of edges, times these.
  std::vector<double> values() const;
  double entropy() const;  // of an edge's operations, mean over the edges, in nats

  NamedTensors state() const;  // its own tensors

 private:
  struct Sum {
    at::Tensor weights;          // the buffer of a weighted sum
    std::vector<int64_t> edges;  // of an edge its number, of a node those of its edges
    bool of_node = false;
  };
  struct Trained {
    at::Tensor value, mean, square;
  };

  at::Tensor operations() const;  // softmax(alpha)
  at::Tensor edges() const;       // softmax(beta)
  void adam(const Trained& trained, at::Tensor gradient) const;

  MixtureSettings settings_;
  std::vector<Sum> sums_;
  std::vector<std::vector<int64_t>> nodes_;  // the edges of each
  at::Tensor real_;                          // numbers of the operations other than none
  Trained alpha_;
  Trained beta_;
  at::Tensor steps_;  // int64 [1]
};

}  // namespace nas::child_trainer
