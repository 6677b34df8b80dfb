#include "engine/objective.h"

#include <cmath>

#include "common/error.h"
#include "engine/network_costs.h"

namespace nas::engine {

namespace {

std::string key_of(const common::Options& options) {
  const std::string cost = options.text("cost");
  if (cost == "none") return "";
  if (cost == "latency") return latency_key(options);
  return NetworkCosts::key(cost);
}

}  // namespace

common::OptionList Objective::options() {
  return {
      {.name = "reward-power",
       .value = 1.0,
       .help = "The quality enters the reward to this power",
       .min = 0.01,
       .max = 100},
      {.name = "cost",
       .value = "none",
       .help = "Cost that the reward weighs in: reward = quality^power x (cost/target)^weight",
       .choices = {"none", "parameters", "multiply-adds", "latency"}},
      {.name = "cost-target",
       .value = 0.0,
       .help = "Cost at which it leaves the reward alone: parameters, multiply-adds of one image, "
               "or milliseconds",
       .min = 0},
      {.name = "cost-weight",
       .value = -0.07,
       .help = "How much the cost matters; the default lets twice the cost take 5 % of the reward",
       .min = -100,
       .max = 0},
      {.name = "latency-batch",
       .value = 1,
       .help = "Images of the batch whose latency counts",
       .min = 1,
       .max = 100000},
  };
}

Objective::Objective(const common::Options& options)
    : power_(options.number("reward-power")),
      cost_(key_of(options)),
      target_(options.number("cost-target")),
      weight_(options.number("cost-weight")) {
  if (!cost_.empty() && target_ <= 0) {
    throw common::ConfigError({.where = "--cost " + options.text("cost"),
                               .what = "no target that the cost is compared with",
                               .expected = "--cost-target above 0"});
  }
  for (const char* option : {"cost-target", "cost-weight"}) {
    if (!cost_.empty() || !options.is_given(option)) continue;
    throw common::ConfigError({.where = std::string("--") + option,
                               .what = "no cost is weighed",
                               .expected = "--cost parameters, multiply-adds or latency"});
  }
  const bool timed = options.text("cost") == "latency" || options.number("max-latency-ms") > 0;
  if (!timed && options.is_given("latency-batch")) {
    throw common::ConfigError({.where = "--latency-batch",
                               .what = "no latency is measured",
                               .expected = "--cost latency or --max-latency-ms"});
  }
  if (options.text("reward") != "accuracy" && (power_ != 1.0 || !cost_.empty())) {
    throw common::ConfigError({.where = "--reward " + options.text("reward"),
                               .what = "a negative loss has no power and no share of a cost",
                               .expected = "--reward accuracy with --cost or --reward-power"});
  }
}

double Objective::reward(double quality, common::Json& metrics) const {
  metrics["quality"] = quality;
  if (power_ == 1.0 && cost_.empty()) return quality;
  if (quality < 0) {
    throw common::TrialError({.where = "reward",
                              .what = "a quality below 0 has no power and no share",
                              .got = std::to_string(quality),
                              .hint = "another reward, or no --cost and --reward-power 1"});
  }
  const double worth = std::pow(quality, power_);
  if (cost_.empty()) return worth;
  const double cost = metrics.value(cost_, 0.0);
  if (cost <= 0) throw common::TrialError({.where = "reward", .what = "the trial has no " + cost_});
  return worth * std::pow(cost / target_, weight_);
}

std::string latency_key(const common::Options& options) {
  return options.integer("latency-batch") > 1 ? "batch_latency_ms" : "latency_ms";
}

std::string cost_to_show(const common::Options& options) {
  const std::string key = key_of(options);
  return key.empty() ? "multiply_adds" : key;
}

}  // namespace nas::engine
