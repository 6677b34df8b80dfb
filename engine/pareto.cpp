#include "engine/pareto.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "common/text.h"

namespace nas::engine {

common::Json to_json(const ParetoPoint& point) {
  return {{"trial", point.trial}, {"quality", point.quality}, {"cost", point.cost}};
}

std::vector<ParetoPoint> pareto_front(const std::vector<Trial>& trials, const std::string& cost) {
  std::vector<ParetoPoint> points;
  for (const auto& trial : trials) {
    const bool counts = trial.state == TrialState::kSucceeded && trial.reward && !trial.reused_from;
    if (!counts || !trial.metrics.contains(cost)) continue;
    points.push_back({.trial = trial.id,
                      .quality = trial.metrics.value("quality", *trial.reward),
                      .cost = trial.metrics.at(cost).get<double>()});
  }
  std::sort(points.begin(), points.end(), [](const ParetoPoint& a, const ParetoPoint& b) {
    return std::tuple(a.cost, -a.quality, a.trial) < std::tuple(b.cost, -b.quality, b.trial);
  });
  std::vector<ParetoPoint> front;
  for (const auto& point : points) {
    if (front.empty() || point.quality > front.back().quality) front.push_back(point);
  }
  return front;
}

std::string cost_text(double cost) {
  return cost == std::floor(cost) ? common::with_commas(static_cast<int64_t>(cost))
                                  : fmt::format("{:.3f}", cost);
}

}  // namespace nas::engine
