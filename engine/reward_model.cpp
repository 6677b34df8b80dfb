#include "engine/reward_model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "common/statistics.h"
#include "engine/run_space.h"
#include "engine/size_prior.h"

namespace nas::engine {

namespace {

using controller::GaussianProcess;
using controller::Points;
using Rows = std::vector<std::vector<double>>;

// The model takes time cubic in its architectures: of more it knows the best ones, and of the
// others so many that are spread evenly over the run.
constexpr size_t kBest = 150;
constexpr size_t kOthers = 150;
// How bad a bad network is says nothing about the good ones: a reward that lies this many robust
// standard deviations below the median is taken for one that does.
constexpr double kWorst = 3.0;

constexpr double kFar = 1000.0;  // in features, of which a network has some tens

bool is_foreign(const Trial& trial) { return trial.choices.empty(); }

double lowest_that_counts(const std::vector<double>& rewards) {
  const double deviation = common::robust_deviation(rewards);
  return deviation > 0 ? common::median(rewards) - kWorst * deviation
                       : *std::min_element(rewards.begin(), rewards.end());
}

at::Tensor to_tensor(const Rows& rows) {
  std::vector<at::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(at::tensor(row, at::kDouble));
  return at::stack(tensors);
}

// Every column with mean 0 and standard deviation 1, or all zeros.
at::Tensor standardised(const at::Tensor& rows) {
  const at::Tensor centred = rows - rows.mean(0, true);
  return centred / centred.square().mean(0, true).sqrt().clamp_min(1e-12);
}

// Far from all others, in one more column, are those that are not of the space but were given: of
// them the trainings of others tell nothing.
at::Tensor features_of(const std::vector<Trained>& trained, const common::Options& options) {
  const RunSpace of_run(options);
  const search_space::Space* space = &of_run.space();
  common::RandomStream random({.purpose = "reward model"});
  const size_t width = space->features(space->sample(random)).size();
  Rows rows;
  double far = 0.0;
  for (const auto& one : trained) {
    const bool foreign = is_foreign(one.trial);
    rows.push_back(foreign ? std::vector<double>(width, 0.0) : space->features(one.trial.choices));
    rows.back().push_back(foreign ? far += kFar : 0.0);
  }
  return to_tensor(rows);
}

// Logarithms of parameters and multiply-adds; empty where a trial lacks one.
Rows costs_of(const std::vector<Trained>& trained) {
  Rows rows;
  for (const auto& one : trained) {
    rows.emplace_back();
    for (const char* key : {"parameters", "multiply_adds"}) {
      const double cost = one.trial.metrics.value(key, 0.0);
      if (cost <= 0) return {};
      rows.back().push_back(std::log(cost));
    }
  }
  return rows;
}

// The zero-cost scores that all trials have.
Rows scores_of(const std::vector<Trained>& trained) {
  std::map<std::string, std::vector<double>> by_name;
  for (const auto& one : trained) {
    const auto scores = one.trial.metrics.value("scores", common::Json::object());
    for (const auto& [name, score] : scores.items()) {
      if (score.is_number()) by_name[name].push_back(score.get<double>());
    }
  }
  Rows rows(trained.size());
  for (const auto& [name, values] : by_name) {
    if (values.size() != trained.size()) continue;
    for (size_t i = 0; i < rows.size(); ++i) rows[i].push_back(values[i]);
  }
  return rows[0].empty() ? Rows() : rows;
}

// Those that the model is fitted to, in order.
std::vector<size_t> modelled(const std::vector<Trained>& trained) {
  std::vector<size_t> order(trained.size());
  std::iota(order.begin(), order.end(), 0);
  if (order.size() <= kBest + kOthers) return order;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return trained[a].mean_reward() > trained[b].mean_reward();
  });
  std::vector<size_t> others(order.begin() + kBest, order.end());
  std::sort(others.begin(), others.end());
  order.resize(kBest);
  for (size_t k = 0; k < kOthers; ++k) order.push_back(others[k * others.size() / kOthers]);
  std::sort(order.begin(), order.end());
  return order;
}

double normal_probability(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace

RewardModel::RewardModel(const std::vector<Trained>& trained, const common::Options& options) {
  points_.push_back(features_of(trained, options));
  const Rows costs = costs_of(trained);
  if (!costs.empty()) points_.push_back(standardised(to_tensor(costs)));
  if (const Rows scores = scores_of(trained); !scores.empty())
    points_.push_back(standardised(to_tensor(scores)));

  const std::vector<size_t> chosen = modelled(trained);
  std::vector<double> rewards;
  for (const size_t i : chosen)
    rewards.insert(rewards.end(), trained[i].rewards.begin(), trained[i].rewards.end());
  const double lowest = lowest_that_counts(rewards);
  for (double& reward : rewards) reward = std::max(reward, lowest);
  const at::Tensor all = at::tensor(rewards, at::kDouble);
  centre_ = all.mean().item<double>();
  unit_ = std::max((all - centre_).square().mean().sqrt().item<double>(), 1e-12);
  for (const auto& one : trained) {
    foreign_.push_back(is_foreign(one.trial));
    targets_.emplace_back();
    for (const double reward : one.rewards)
      targets_.back().push_back((std::max(reward, lowest) - centre_) / unit_);
  }

  processes_ = fitted(chosen);
  at::Tensor mean = at::zeros({static_cast<int64_t>(trained.size())}, at::kDouble);
  at::Tensor square = at::zeros_like(mean);
  for (const auto& [process, weight] : processes_) {
    const auto posterior = process.predict(points_);
    mean.add_(posterior.mean, weight);
    square.add_(posterior.deviation.square() + posterior.mean.square(), weight);
  }
  const at::Tensor deviation = (square - mean.square()).clamp_min_(0.0).sqrt_();
  for (int64_t i = 0; i < mean.size(0); ++i) {
    means_.push_back(centre_ + unit_ * mean[i].item<double>());
    deviations_.push_back(unit_ * deviation[i].item<double>());
  }
  size_bonus_ = size_bonuses(trained, options, unit_ * mean.std(/*unbiased=*/false).item<double>());
}

Points RewardModel::points_of(const std::vector<size_t>& architectures) const {
  const std::vector<int64_t> rows(architectures.begin(), architectures.end());
  Points points;
  for (const at::Tensor& group : points_)
    points.push_back(group.index_select(0, at::tensor(rows, at::kLong)));
  return points;
}

std::vector<RewardModel::Weighted> RewardModel::fitted(
    const std::vector<size_t>& architectures) const {
  std::vector<size_t> rows;
  std::vector<double> targets;
  std::vector<int64_t> comparable;
  for (const size_t i : architectures) {
    for (const double target : targets_[i]) {
      if (!foreign_[i]) comparable.push_back(static_cast<int64_t>(rows.size()));
      rows.push_back(i);
      targets.push_back(target);
    }
  }
  const Points points = points_of(rows);
  const at::Tensor values = at::tensor(targets, at::kDouble);
  std::vector<controller::WeightedSetting> settings = {
      {.setting = {.lengths = std::vector<double>(points.size(), 1.0)}}};
  if (comparable.size() > 1) {
    const at::Tensor chosen = at::tensor(comparable, at::kLong);
    Points some;
    for (const at::Tensor& group : points) some.push_back(group.index_select(0, chosen));
    settings = controller::likely_settings(some, values.index_select(0, chosen));
  }
  std::vector<Weighted> processes;
  for (const auto& [setting, weight] : settings)
    processes.push_back({GaussianProcess(points, values, setting), weight});
  return processes;
}

double RewardModel::noise() const {
  double variance = 0.0;
  for (const auto& [process, weight] : processes_)
    variance += weight * std::pow(process.noise(), 2);
  return unit_ * std::sqrt(variance);
}

double RewardModel::probability_of_better(size_t a, size_t b) const {
  const Points both = points_of({a, b});
  const double bonus = (size_bonus_[a] - size_bonus_[b]) / unit_;
  double probability = 0.0;
  for (const auto& [process, weight] : processes_) {
    const at::Tensor mean = process.predict(both).mean;
    const double difference = (mean[0] - mean[1]).item<double>() + bonus;
    const at::Tensor c = process.covariance(both);
    const double variance = (c[0][0] + c[1][1] - 2 * c[0][1]).item<double>();
    probability += weight * (variance > 0     ? normal_probability(difference / std::sqrt(variance))
                             : difference > 0 ? 1.0
                                              : 0.5);
  }
  return probability;
}

double RewardModel::worth_from_others(size_t i) const {
  std::vector<size_t> others(targets_.size());
  std::iota(others.begin(), others.end(), 0);
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
  double mean = 0.0;
  for (const auto& [process, weight] : fitted(others))
    mean += weight * process.predict(points_of({i})).mean.item<double>();
  return size_bonus_[i] + centre_ + unit_ * mean;
}

}  // namespace nas::engine
