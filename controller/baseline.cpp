#include "controller/baseline.h"

#include <algorithm>
#include <cmath>

#include "controller/state_text.h"

namespace nas::controller {

double Baseline::rank(double reward) {
  const auto [first, last] = std::equal_range(sorted_.begin(), sorted_.end(), reward);
  const auto below = static_cast<double>(first - sorted_.begin());
  const auto equal = static_cast<double>(last - first);
  sorted_.insert(last, reward);
  return (below + 0.5 * (equal + 1.0)) / static_cast<double>(sorted_.size());
}

double Baseline::advantage(double reward) {
  const double score = options_.ranks ? rank(reward) : reward;
  ++count_;
  if (count_ == 1) {
    mean_ = score;
    return 0.0;
  }
  const double decay = std::min(options_.decay, 1.0 - 1.0 / static_cast<double>(count_));
  const double deviation = score - mean_;
  mean_ += (1.0 - decay) * deviation;
  variance_ = decay * (variance_ + (1.0 - decay) * deviation * deviation);
  return variance_ > 0.0 ? deviation / std::sqrt(variance_) : 0.0;
}

common::Json Baseline::save() const {
  common::Json json = common::Json::object();
  json["count"] = count_;
  json["moments"] = pack(std::vector<double>{mean_, variance_});
  json["rewards"] = pack(sorted_);
  return json;
}

void Baseline::load(const common::Json& json) {
  count_ = common::json_get<int64_t>(json, "count", kStateName);
  const auto moments = unpack<double>(common::json_get<std::string>(json, "moments", kStateName));
  if (moments.size() != 2) {
    throw common::DataError({.where = kStateName, .what = "the baseline is damaged"});
  }
  mean_ = moments[0];
  variance_ = moments[1];
  sorted_ = unpack<double>(common::json_get<std::string>(json, "rewards", kStateName));
}

}  // namespace nas::controller
