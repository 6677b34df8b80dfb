#include "controller/surrogate.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "controller/normal_scores.h"

namespace nas::controller {

namespace {

// The model takes time cubic in its trials: beyond the sum of these it has the best and the latest.
constexpr size_t kBest = 250;
constexpr size_t kLatest = 250;

at::Tensor to_tensor(const std::vector<std::vector<double>>& rows) {
  const auto height = static_cast<int64_t>(rows.size());
  const auto width = rows.empty() ? 0 : static_cast<int64_t>(rows[0].size());
  const at::Tensor tensor = at::empty({height, width}, at::kDouble);
  auto* data = tensor.mutable_data_ptr<double>();
  for (const auto& row : rows) data = std::copy(row.begin(), row.end(), data);
  return tensor;
}

// So that the squared distance of two choices of a decision is 1, and on a scale the part of it
// that lies between them. Inactive decisions are zeros.
std::vector<double> decisions_as_numbers(const SpaceView& view, const Choices& choices) {
  const double half = std::sqrt(0.5);
  std::vector<double> numbers;
  for (size_t i = 0; i < choices.size(); ++i) {
    const Decision& decision = view.decisions()[i];
    const int values = static_cast<int>(decision.values.size());
    if (decision.scale == search_space::Scale::kCategorical) {
      for (int value = 0; value < values; ++value)
        numbers.push_back(choices[i] == value ? half : 0);
    } else {
      const double step = std::sqrt(1.0 / std::max(values - 1, 1));
      for (int value = 1; value < values; ++value)
        numbers.push_back(choices[i] >= value ? step : 0);
    }
  }
  return numbers;
}

}  // namespace

void Surrogate::add(const Observation& trial) {
  if (trial.outcome == Outcome::kNotRun) return;
  trials_.push_back({.choices = trial.choices});
  if (trial.outcome == Outcome::kSucceeded && std::isfinite(trial.reward)) {
    trials_.back().reward = trial.reward;
  }
  if (size() < 2 || 10 * size() < 11 * fitted_) return;
  const std::vector<size_t> trials = modelled();
  setting_ = likeliest_setting(points_of(trials), targets(trials));
  fitted_ = size();
}

std::vector<size_t> Surrogate::ranking() const {
  std::vector<size_t> order(trials_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return trials_[a].reward > trials_[b].reward;  // no reward is below every reward
  });
  return order;
}

std::vector<Choices> Surrogate::best(size_t count) const {
  std::vector<Choices> best;
  for (const size_t i : ranking()) {
    if (best.size() == count || !trials_[i].reward) break;
    best.push_back(trials_[i].choices);
  }
  return best;
}

std::vector<size_t> Surrogate::modelled() const {
  std::vector<size_t> trials = ranking();
  if (trials.size() > kBest + kLatest) {
    // The best ones stay in front; of the others the latest follow them.
    const auto others = trials.begin() + kBest;
    std::nth_element(others, others + kLatest, trials.end(), std::greater<>());
    trials.resize(kBest + kLatest);
  }
  std::sort(trials.begin(), trials.end());
  return trials;
}

at::Tensor Surrogate::targets(const std::vector<size_t>& trials) const {
  double worst = 0.0;
  bool any = false;
  for (const size_t i : trials) {
    if (!trials_[i].reward) continue;
    worst = any ? std::min(worst, *trials_[i].reward) : *trials_[i].reward;
    any = true;
  }
  std::vector<double> rewards;
  for (const size_t i : trials) rewards.push_back(trials_[i].reward.value_or(worst));
  return to_tensor({normal_scores(rewards)}).squeeze(0);
}

Points Surrogate::points(const std::vector<Choices>& list) const {
  std::vector<std::vector<double>> features;
  std::vector<std::vector<double>> decisions;
  for (const Choices& choices : list) {
    features.push_back(view_.features(choices));
    decisions.push_back(decisions_as_numbers(view_, choices));
  }
  return {to_tensor(features), to_tensor(decisions)};
}

Points Surrogate::points_of(const std::vector<size_t>& trials) const {
  std::vector<Choices> list;
  for (const size_t i : trials) list.push_back(trials_[i].choices);
  return points(list);
}

GaussianProcess Surrogate::model(const std::vector<Choices>& pending) const {
  const std::vector<size_t> trials = modelled();
  GaussianProcess process(points_of(trials), targets(trials), setting_);
  return pending.empty() ? process : process.expecting(points(pending));
}

common::Json Surrogate::save() const {
  common::Json json = common::Json::object();
  json["fitted"] = fitted_;
  json["lengths"] = pack(setting_.lengths);  // may be infinite
  json["noise"] = setting_.noise;
  json["trials"] = common::Json::array();
  for (const Trial& trial : trials_) {
    common::Json item = common::Json::object();
    item["choices"] = trial.choices;
    if (trial.reward) item["reward"] = *trial.reward;
    json["trials"].push_back(item);
  }
  return json;
}

void Surrogate::load(const common::Json& json) {
  using common::json_get;
  fitted_ = json_get<size_t>(json, "fitted", kStateName);
  setting_.lengths = unpack<double>(json_get<std::string>(json, "lengths", kStateName));
  setting_.noise = json_get<double>(json, "noise", kStateName);
  trials_.clear();
  for (const auto& item : json_get<common::Json>(json, "trials", kStateName)) {
    Trial trial{.choices = choices_from_json(item, view_)};
    if (item.contains("reward")) trial.reward = json_get<double>(item, "reward", kStateName);
    trials_.push_back(std::move(trial));
  }
}

}  // namespace nas::controller
