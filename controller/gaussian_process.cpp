#include "controller/gaussian_process.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace nas::controller {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::array<double, 5> kMultiples = {0.5, 1.0, 2.0, 4.0, kInfinity};
constexpr std::array<double, 4> kNoises = {0.001, 0.01, 0.1, 0.3};
constexpr double kLeastWeight = 1e-3;  // of the likeliest setting's
constexpr double kLeastScale = 1e-12;  // where all targets are equal

// |a - b|² for all pairs: [rows of a, rows of b].
at::Tensor squared_distances(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor squares = a.square().sum(1, true) + b.square().sum(1).unsqueeze(0);
  return at::addmm(squares, a, b.t(), 1.0, -2.0).clamp_min_(0.0);
}

at::Tensor kernel(const Points& a, const Points& b, const KernelSetting& setting) {
  // All groups in units of their lengths are one vector.
  std::vector<at::Tensor> left;
  std::vector<at::Tensor> right;
  for (size_t g = 0; g < a.size(); ++g) {
    if (std::isinf(setting.lengths[g])) continue;
    left.push_back(a[g] / setting.lengths[g]);
    right.push_back(b[g] / setting.lengths[g]);
  }
  if (left.empty()) return at::ones({a[0].size(0), b[0].size(0)}, at::kDouble);
  return squared_distances(at::cat(left, 1), at::cat(right, 1)).mul_(-0.5).exp_();
}

at::Tensor factor_of(const at::Tensor& kernel, double noise) {
  at::Tensor noisy = kernel.clone();
  noisy.diagonal().add_(noise);
  return at::linalg_cholesky(noisy);
}

at::Tensor whiten(const at::Tensor& factor, const at::Tensor& columns) {
  return at::linalg_solve_triangular(factor, columns, /*upper=*/false);
}

double scale_of(const at::Tensor& whitened) {
  return std::max(whitened.square().mean().item<double>(), kLeastScale);
}

double log_likelihood_of(const at::Tensor& factor, double scale) {
  const auto count = static_cast<double>(factor.size(0));
  return -0.5 * count * std::log(2.0 * std::numbers::pi * std::numbers::e * scale) -
         factor.diagonal().log().sum().item<double>();
}

// Every combination of a multiple of typical[g] for each group g, but for that of infinite ones
// only.
std::vector<std::vector<double>> length_grid(const std::vector<double>& typical) {
  std::vector<std::vector<double>> grid = {{}};
  for (const double unit : typical) {
    std::vector<std::vector<double>> longer;
    for (const std::vector<double>& begun : grid) {
      for (const double multiple : kMultiples) {
        if (unit == 0.0 && !std::isinf(multiple)) continue;  // all points are equal in this group
        longer.push_back(begun);
        longer.back().push_back(std::isinf(multiple) ? kInfinity : multiple * unit);
      }
    }
    grid = std::move(longer);
  }
  grid.pop_back();
  return grid;
}

}  // namespace

GaussianProcess::GaussianProcess(Points points, at::Tensor targets, KernelSetting setting)
    : points_(std::move(points)),
      targets_(std::move(targets)),
      setting_(std::move(setting)),
      factor_(factor_of(kernel(points_, points_, setting_), setting_.noise)),
      whitened_(whiten(factor_, targets_.unsqueeze(1)).squeeze(1)),
      scale_(scale_of(whitened_)) {}

GaussianProcess::Posterior GaussianProcess::predict(const Points& points) const {
  const at::Tensor shared = whiten(factor_, kernel(points_, points, setting_));
  return {.mean = at::mv(shared.t(), whitened_),
          .deviation = (1.0 - shared.square().sum(0)).clamp_min_(0.0).mul_(scale_).sqrt_()};
}

at::Tensor GaussianProcess::covariance(const Points& points) const {
  const at::Tensor shared = whiten(factor_, kernel(points_, points, setting_));
  return (kernel(points, points, setting_) - at::mm(shared.t(), shared)).mul_(scale_);
}

double GaussianProcess::noise() const { return std::sqrt(scale_ * setting_.noise); }

double GaussianProcess::log_likelihood() const { return log_likelihood_of(factor_, scale_); }

GaussianProcess GaussianProcess::expecting(const Points& pending) const {
  Points all;
  for (size_t g = 0; g < points_.size(); ++g) all.push_back(at::cat({points_[g], pending[g]}));
  GaussianProcess next(std::move(all), at::cat({targets_, predict(pending).mean}), setting_);
  next.scale_ = scale_;
  return next;
}

std::vector<WeightedSetting> likely_settings(const Points& points, const at::Tensor& targets) {
  const auto count = static_cast<double>(targets.size(0));
  std::vector<at::Tensor> distances;
  std::vector<double> typical;
  for (const at::Tensor& group : points) {
    distances.push_back(squared_distances(group, group));
    typical.push_back(std::sqrt(distances.back().sum().item<double>() / (count * (count - 1.0))));
  }
  std::vector<WeightedSetting> settings;  // with the log likelihood for a weight, at first
  for (const std::vector<double>& lengths : length_grid(typical)) {
    at::Tensor similarity = at::zeros_like(distances[0]);
    for (size_t g = 0; g < lengths.size(); ++g) {
      similarity.sub_(distances[g], 0.5 / (lengths[g] * lengths[g]));
    }
    similarity.exp_();
    for (const double noise : kNoises) {
      const at::Tensor factor = factor_of(similarity, noise);
      const double scale = scale_of(whiten(factor, targets.unsqueeze(1)));
      settings.push_back({.setting = {.lengths = lengths, .noise = noise},
                          .weight = log_likelihood_of(factor, scale)});
    }
  }
  // Without any group all targets would be noise: that is the answer only where all points are
  // equal.
  if (settings.empty()) {
    return {{.setting = {.lengths = std::vector<double>(points.size(), kInfinity)}}};
  }
  std::stable_sort(settings.begin(), settings.end(),
                   [](const auto& a, const auto& b) { return a.weight > b.weight; });
  const double highest = settings[0].weight;
  for (auto& one : settings) one.weight = std::exp(one.weight - highest);
  std::erase_if(settings, [](const auto& one) { return one.weight < kLeastWeight; });
  double sum = 0.0;
  for (const auto& one : settings) sum += one.weight;
  for (auto& one : settings) one.weight /= sum;
  return settings;
}

KernelSetting likeliest_setting(const Points& points, const at::Tensor& targets) {
  return likely_settings(points, targets).front().setting;
}

}  // namespace nas::controller
