// Exact Gaussian process regression (Rasmussen and Williams 2006, chapters 2 and 5), in float64.
//
//   prior       f ~ GP(0, s² k), targets t = f(points) + noise of variance s² v
//   kernel      k(a, b) = exp(- Σ_g |a_g - b_g|² / (2 l_g²)): a point has a vector for each group g
//   posterior   mean(x) = k(x)' (K + v I)⁻¹ t     variance(x) = s² (1 - k(x)' (K + v I)⁻¹ k(x))
//   scale       s² = t' (K + v I)⁻¹ t / n, where the likelihood of the targets is largest
//
// Groups are of different kinds, what a network is and what was chosen, say; how much each of them
// tells of the targets is a length each.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace nas::controller {

using Points = std::vector<at::Tensor>;  // for each group, float64 [points, size of the group]

struct KernelSetting {
  std::vector<double> lengths;  // l_g > 0, a group each; infinite: the group does not count
  double noise = 0.1;           // v; 0 only for points that all differ
};

class GaussianProcess {
 public:
  struct Posterior {
    at::Tensor mean;       // float64 [points]
    at::Tensor deviation;  // float64 [points], of f: without the noise
  };

  // targets: float64 [points], one or more, of mean 0.
  GaussianProcess(Points points, at::Tensor targets, KernelSetting setting);

  Posterior predict(const Points& points) const;

  // Of f at every two of the points: float64 [points, points].
  at::Tensor covariance(const Points& points) const;

  // The standard deviation of the noise, s √v.
  double noise() const;

  // The log marginal likelihood of the targets.
  double log_likelihood() const;

  // This process after it has also seen its own mean at `pending`: it expects the same as before,
  // and is less uncertain around them (Desautels et al. 2014).
  GaussianProcess expecting(const Points& pending) const;

 private:
  Points points_;
  at::Tensor targets_;
  KernelSetting setting_;
  at::Tensor factor_;    // lower triangular L, L L' = K + v I
  at::Tensor whitened_;  // L⁻¹ targets
  double scale_ = 1.0;   // s²
};

struct WeightedSetting {
  KernelSetting setting;
  double weight = 1.0;
};

// A small grid of settings, weighted by how likely the targets (two or more) are in each of them:
// with equal prior probabilities these are the posterior ones. They add up to 1, the likeliest is
// the first, and those a thousand times less likely are left out. Few targets leave many settings
// possible, and then one of them alone may be very sure and very wrong. A group's lengths are
// multiples of the root mean square distance between its points, so they have no unit.
std::vector<WeightedSetting> likely_settings(const Points& points, const at::Tensor& targets);

// The first of them.
KernelSetting likeliest_setting(const Points& points, const at::Tensor& targets);

}  // namespace nas::controller
