// What a network may cost: one beyond it is INFEASIBLE before it is trained.
#pragma once

#include <string>

#include "common/json.h"
#include "common/options.h"

namespace nas::engine {

class Limits {
 public:
  // max-parameters, max-multiply-adds, max-latency-ms; 0: no limit.
  static common::OptionList options();
  explicit Limits(const common::Options& options);

  // Why a network of these costs is not trained, with the numbers; empty when it is. Costs that
  // are not known (yet) break no limit.
  std::string broken_by(const common::Json& costs) const;

  bool on_latency() const { return latency_ms_ > 0; }
  bool any() const { return parameters_ > 0 || multiply_adds_ > 0 || on_latency(); }

 private:
  int64_t parameters_;
  int64_t multiply_adds_;
  double latency_ms_;
  std::string latency_key_;
};

}  // namespace nas::engine
