// The latency of a run's child networks, on the device that trains them.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/json.h"
#include "common/options.h"
#include "search_space/network_family.h"

namespace nas::engine {

class MeasuredLatency {
 public:
  // `options`: the run's. Says whether anything is to be measured: an objective or a limit asks.
  explicit MeasuredLatency(const common::Options& options);

  // {"latency_ms": of one image}, and with --latency-batch above 1 "batch_latency_ms" of so many;
  // empty when nothing asks for it. Throws ConfigError where the network cannot be built.
  common::Json of(const search_space::Architecture& architecture, int64_t classes,
                  at::Device device) const;

 private:
  bool wanted_;
  int64_t batch_;
  search_space::NetworkOptions network_;
};

}  // namespace nas::engine
