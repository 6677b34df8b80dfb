#include "engine/rank_agreement.h"

#include <fmt/format.h>

#include <cmath>

#include "common/statistics.h"

namespace nas::engine {

namespace {

std::string correlation_text(double value, double error) {
  return std::isnan(value) ? "not defined" : fmt::format("{:.3f} ± {:.3f}", value, error);
}

}  // namespace

RankAgreement rank_agreement(const std::vector<double>& values, const std::vector<double>& worth,
                             uint64_t seed) {
  return {.spearman = common::spearman(values, worth),
          .spearman_error = common::bootstrap_error(common::spearman, values, worth, seed),
          .kendall = common::kendall(values, worth),
          .kendall_error = common::bootstrap_error(common::kendall, values, worth, seed)};
}

common::Json to_json(const RankAgreement& agreement) {
  const auto number = [](double value) {
    return std::isnan(value) ? common::Json() : common::Json(value);
  };
  return {{"spearman", number(agreement.spearman)},
          {"spearman_error", number(agreement.spearman_error)},
          {"kendall", number(agreement.kendall)},
          {"kendall_error", number(agreement.kendall_error)}};
}

std::string agreement_heading() { return fmt::format("{:>16}{:>18}", "Spearman", "Kendall"); }

std::string agreement_text(const RankAgreement& agreement) {
  return fmt::format("{:>16}{:>18}", correlation_text(agreement.spearman, agreement.spearman_error),
                     correlation_text(agreement.kendall, agreement.kendall_error));
}

}  // namespace nas::engine
