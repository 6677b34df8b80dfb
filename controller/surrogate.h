// What the trials so far say about all other networks: a Gaussian process over two groups of
// inputs, the space's features and the decisions themselves, fitted to the normal scores of the
// rewards. Which of the two tells more, and how far it reaches, the likelihood of the rewards says.
//
//   Surrogate surrogate(view);
//   surrogate.add({.choices = choices, .reward = 0.71});
//   const auto expected = surrogate.model(pending).predict(surrogate.points(candidates));
#pragma once

#include <optional>

#include "controller/gaussian_process.h"
#include "controller/state_text.h"
#include "controller/strategy.h"

namespace nas::controller {

class Surrogate {
 public:
  explicit Surrogate(const SpaceView& view) : view_(view) {}

  // A trial that failed counts as bad as the worst that succeeded; one that was not run is ignored.
  // Whenever there is a tenth more of them, the trials decide on the kernel's setting again.
  void add(const Observation& trial);

  size_t size() const { return trials_.size(); }  // trials that were run

  // The choices of the best min(count, succeeded) trials, best first; earlier ones win ties.
  std::vector<Choices> best(size_t count) const;

  // For two trials or more; `pending` are under way.
  GaussianProcess model(const std::vector<Choices>& pending) const;
  Points points(const std::vector<Choices>& list) const;

  common::Json save() const;
  void load(const common::Json& json);

 private:
  struct Trial {
    Choices choices;
    std::optional<double> reward;  // none: failed
  };

  std::vector<size_t> ranking() const;  // indices of trials_, best first
  std::vector<size_t> modelled() const;
  at::Tensor targets(const std::vector<size_t>& trials) const;
  Points points_of(const std::vector<size_t>& trials) const;

  SpaceView view_;

  // The state.
  std::vector<Trial> trials_;
  size_t fitted_ = 0;  // trials when the setting was found
  KernelSetting setting_;
};

}  // namespace nas::controller
