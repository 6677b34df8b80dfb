// What all trainings of a run say about each of its architectures: Gaussian processes on the
// space's features, the networks' costs, and their zero-cost scores where all have them, fitted to
// the rewards. How much noise there is, and what tells of a reward, is not known of few trainings:
// every likely setting of the process has its say, by its likelihood. Networks that are alike share
// what was learnt, so that one lucky training counts for less, and further trainings of one network
// are further observations of it.
#pragma once

#include "common/options.h"
#include "controller/gaussian_process.h"
#include "engine/trained.h"

namespace nas::engine {

class RewardModel {
 public:
  // Two architectures or more; `options` of the run. Deterministic with one thread.
  RewardModel(const std::vector<Trained>& trained, const common::Options& options);

  // Of architecture i: what a training is expected to be rewarded, and the standard deviation of
  // what is not known of that (the noise of the training itself is not in it).
  double mean(size_t i) const { return means_[i]; }
  double deviation(size_t i) const { return deviations_[i]; }

  // What architectures are ranked by: mean(i), and with --size-prior what is believed of their
  // size.
  double worth(size_t i) const { return means_[i] + size_bonus_[i]; }

  // The standard deviation of the rewards of one architecture's trainings.
  double noise() const;

  // The probability that architecture a is worth more than b.
  double probability_of_better(size_t a, size_t b) const;

  // What worth(i) would be to a model that does not know i's trainings. Three architectures or
  // more.
  double worth_from_others(size_t i) const;

 private:
  struct Weighted {
    controller::GaussianProcess process;
    double weight = 1.0;
  };
  std::vector<Weighted> fitted(const std::vector<size_t>& architectures) const;
  controller::Points points_of(const std::vector<size_t>& architectures) const;

  controller::Points points_;                 // one an architecture
  std::vector<std::vector<double>> targets_;  // rewards of each, of mean 0 and deviation 1
  std::vector<bool> foreign_;                 // not of the space
  double centre_ = 0.0;
  double unit_ = 1.0;
  std::vector<Weighted> processes_;
  std::vector<double> means_;
  std::vector<double> deviations_;
  std::vector<double> size_bonus_;
};

}  // namespace nas::engine
