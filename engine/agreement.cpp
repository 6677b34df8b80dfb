#include "engine/agreement.h"

#include "common/statistics.h"

namespace nas::engine {

Agreement agreement_of(const std::string& order, const std::string& meaning,
                       const std::vector<double>& values, const std::vector<double>& worth,
                       uint64_t seed) {
  return {.order = order,
          .meaning = meaning,
          .spearman = common::spearman(values, worth),
          .spearman_error = common::bootstrap_error(common::spearman, values, worth, seed),
          .kendall = common::kendall(values, worth),
          .kendall_error = common::bootstrap_error(common::kendall, values, worth, seed)};
}

common::Json to_json(const Agreement& agreement) {
  return {{"order", agreement.order},
          {"spearman", agreement.spearman},
          {"spearman_error", agreement.spearman_error},
          {"kendall", agreement.kendall},
          {"kendall_error", agreement.kendall_error}};
}

}  // namespace nas::engine
