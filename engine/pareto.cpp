#include "engine/pareto.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "common/text.h"
#include "engine/trained.h"

namespace nas::engine {

common::Json to_json(const ParetoPoint& point) {
  return {{"trial", point.trial}, {"quality", point.quality}, {"cost", point.cost}};
}

std::vector<ParetoPoint> pareto_front(const std::vector<Trial>& trials,
                                      const std::vector<Trial>& further, const std::string& cost) {
  std::vector<Trial> of_the_search = further;
  std::erase_if(of_the_search, [](const Trial& row) { return row.kind != "promotion"; });
  std::vector<ParetoPoint> points;
  for (const auto& trial : longest_trained(trials, of_the_search)) {
    if (!trial.metrics.contains(cost)) continue;
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
