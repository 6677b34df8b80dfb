#include "engine/limits.h"

#include <fmt/format.h>

#include "common/text.h"
#include "engine/objective.h"

namespace nas::engine {

namespace {

common::Option count_limit(const std::string& what) {
  return {.name = "max-" + what,
          .value = 0,
          .help = "A network with more " + what + " is INFEASIBLE, not trained; 0: no limit",
          .min = 0};
}

std::string too_much(const std::string& got, const std::string& most, const std::string& option) {
  return fmt::format("{}; expected at most {} ({})", got, most, option);
}

}  // namespace

common::OptionList Limits::options() {
  return {
      count_limit("parameters"),
      count_limit("multiply-adds"),
      {.name = "max-latency-ms",
       .value = 0.0,
       .help = "A network that takes longer for --latency-batch images is INFEASIBLE, not "
               "trained; 0: no limit",
       .unit = "milliseconds",
       .min = 0},
  };
}

Limits::Limits(const common::Options& options)
    : parameters_(options.integer("max-parameters")),
      multiply_adds_(options.integer("max-multiply-adds")),
      latency_ms_(options.number("max-latency-ms")),
      latency_key_(latency_key(options)) {}

std::string Limits::broken_by(const common::Json& costs) const {
  const auto parameters = costs.value("parameters", int64_t{0});
  if (parameters_ > 0 && parameters > parameters_) {
    return too_much(common::with_commas(parameters) + " parameters",
                    common::with_commas(parameters_), "--max-parameters");
  }
  const auto multiply_adds = costs.value("multiply_adds", int64_t{0});
  if (multiply_adds_ > 0 && multiply_adds > multiply_adds_) {
    return too_much(common::with_commas(multiply_adds) + " multiply-adds",
                    common::with_commas(multiply_adds_), "--max-multiply-adds");
  }
  const double latency = costs.value(latency_key_, 0.0);
  if (latency_ms_ > 0 && latency > latency_ms_) {
    return too_much(fmt::format("{:.3f} ms of latency", latency),
                    fmt::format("{:g} ms", latency_ms_), "--max-latency-ms");
  }
  return "";
}

}  // namespace nas::engine
