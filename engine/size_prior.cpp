#include "engine/size_prior.h"

#include <cmath>
#include <numeric>

namespace nas::engine {

common::Option size_prior_option() {
  return {.name = "size-prior",
          .value = 0.0,
          .help =
              "How much larger networks are believed to gain when they are trained longer, as the "
              "winner is chosen: standard deviations of the expected reward for twice the "
              "parameters; not with --cost",
          .min = 0,
          .max = 100,
          .lasting = common::Lasting::kUntilChanged};
}

double size_prior(const common::Options& options) {
  return options.text("cost") == "none" ? options.number("size-prior") : 0.0;
}

std::vector<double> size_bonuses(const std::vector<Trained>& trained,
                                 const common::Options& options, double spread) {
  const std::vector<double> none(trained.size(), 0.0);
  const double unit = size_prior(options) * spread;
  if (unit == 0.0) return none;
  std::vector<double> doublings;
  for (const auto& one : trained) {
    const double parameters = one.trial.metrics.value("parameters", 0.0);
    if (parameters <= 0) return none;
    doublings.push_back(std::log2(parameters));
  }
  const double mean = std::accumulate(doublings.begin(), doublings.end(), 0.0) /
                      static_cast<double>(doublings.size());
  std::vector<double> bonuses;
  for (const double each : doublings) bonuses.push_back(unit * (each - mean));
  return bonuses;
}

}  // namespace nas::engine
