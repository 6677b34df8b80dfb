// Which trials are worth looking at when cost counts too.
#pragma once

#include <string>
#include <vector>

#include "engine/trial.h"

namespace nas::engine {

struct ParetoPoint {
  int64_t trial = 0;
  double quality = 0.0;  // before the objective's transform
  double cost = 0.0;
};
common::Json to_json(const ParetoPoint& point);

// The trials that no other surpasses: of those that succeeded and have the cost `cost` (a key of
// their metrics), each has a higher quality than every one that costs no more; the earliest of
// equals. By rising cost. They are those that the search trained longest; finalists, chosen by
// their reward alone, are too few to weigh anything.
std::vector<ParetoPoint> pareto_front(const std::vector<Trial>& trials,
                                      const std::vector<Trial>& further, const std::string& cost);

// "1,234,567", or "3.214" of a latency.
std::string cost_text(double cost);

}  // namespace nas::engine
