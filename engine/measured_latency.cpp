#include "engine/measured_latency.h"

#include "child_trainer/latency.h"
#include "engine/limits.h"
#include "engine/objective.h"

namespace nas::engine {

MeasuredLatency::MeasuredLatency(const common::Options& options)
    : wanted_(options.text("cost") == "latency" || Limits(options).on_latency()),
      batch_(options.integer("latency-batch")),
      network_(search_space::NetworkOptions::from(options)) {}

common::Json MeasuredLatency::of(const search_space::Architecture& architecture, int64_t classes,
                                 at::Device device) const {
  common::Json latency = common::Json::object();
  if (!wanted_) return latency;
  search_space::NetworkOptions options = network_;
  options.classes = classes;
  child_trainer::Network network(search_space::build_network(architecture, options), device, {});
  latency["latency_ms"] = child_trainer::median_latency_ms(network, 1);
  if (batch_ > 1) latency["batch_latency_ms"] = child_trainer::median_latency_ms(network, batch_);
  return latency;
}

}  // namespace nas::engine
