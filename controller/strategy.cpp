#include "controller/strategy.h"

namespace nas::controller {

std::unique_ptr<Strategy> make_strategy(const std::string& name, const SpaceView& view,
                                        StrategySetup setup) {
  const StrategyPlugin& plugin = common::Registry<StrategyPlugin>::find(name);
  common::Options complete;
  if (plugin.options != nullptr) complete.declare(plugin.options());
  for (const common::Option& given : setup.options.all()) {
    complete.set_value(given.name, given.value, given.origin);
  }
  setup.options = std::move(complete);
  return plugin.make(view, setup);
}

std::vector<std::string> strategies_by_reward() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : common::Registry<StrategyPlugin>::entries()) {
    if (!entry.plugin.by_mixture) names.push_back(name);
  }
  return names;
}

void declare_strategy_options(common::Options& options) {
  for (const auto& [name, entry] : common::Registry<StrategyPlugin>::entries()) {
    if (entry.plugin.options != nullptr) options.declare(entry.plugin.options(), name);
  }
}

}  // namespace nas::controller
