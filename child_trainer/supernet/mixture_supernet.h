// Differentiable search (DARTS, Liu et al. 2019): every edge computes all of its operations, and
// their weights learn by gradient descent on held-out images, in turns with the shared weights.
//
// First order: the gradient of L_held-out(w, alpha) at alpha, with w as it is. Second order: at the
// weights that one step of training leads to,
//   w' = w - lr (momentum + dL_train/dw),
//   dL_held-out(w', alpha)/dalpha - lr (d+ - d-) / 2e,
// d± the gradient of L_train(w ± e v, alpha) at alpha, v = dL_held-out(w', alpha)/dw', e = .01 /
// |v|.
//
// The network of an architecture is built as the mixture is (NetworkOptions::mixture), with the
// operations of the architecture alone.
#pragma once

#include "child_trainer/supernet/mixture_weights.h"
#include "child_trainer/supernet/supernet.h"

namespace nas::child_trainer {

class MixtureSupernet : public Supernet {
 public:
  MixtureSupernet(data::Dataset dataset, at::Device device, SupernetJob job,
                  search_space::Mixture mixture, const MixtureSettings& settings);

  const search_space::Mixture& mixture() const { return mixture_; }
  const MixtureWeights& weights() const { return weights_; }
  // The mixture itself, of the same weights; as a rule to be looked at.
  Subnetwork& whole() { return whole_; }

 protected:
  StepLoss train(const Batch& batch, const Step& step) override;
  search_space::NetworkGraph graph_of(
      const search_space::Architecture& architecture) const override;
  NamedTensors more_state() const override { return weights_.state(); }
  common::Json epoch_details() const override;

 private:
  StepLoss pass(const Batch& batch, const Step& step);  // forward and backward
  Batch held_out_batch(const Step& step);
  MixtureWeights::Gradients first_order(const Batch& held_out, const Step& step);
  MixtureWeights::Gradients second_order(const Batch& batch, const Batch& held_out,
                                         const Step& step);

  search_space::Mixture mixture_;
  MixtureSettings settings_;
  Subnetwork whole_;
  MixtureWeights weights_;
  // Held-out images are gone through again and again, in another order each time.
  int64_t held_out_round_ = -1;
  std::unique_ptr<EpochBatches> held_out_batches_;
};

}  // namespace nas::child_trainer
