#include "engine/supernet_bench_options.h"

#include <algorithm>
#include <set>

#include "common/error.h"
#include "common/text.h"
#include "controller/strategy.h"
#include "engine/finalists.h"
#include "engine/ladder.h"
#include "engine/limits.h"
#include "engine/objective.h"
#include "engine/prescreen.h"
#include "engine/search_options.h"
#include "engine/supernet_schedule.h"
#include "engine/unread_options.h"

namespace nas::engine {

namespace {

using common::ConfigError;
using controller::StrategyPlugin;
using Texts = std::vector<std::string>;

// What can be a --supernet.method, but for `auto`.
Texts supernet_methods() {
  Texts methods = common::Options(SupernetSchedule::options()).at("method").choices;
  std::erase(methods, "auto");
  return methods;
}

Texts controllers() {
  Texts names;
  for (const auto& [name, entry] : common::Registry<StrategyPlugin>::entries()) {
    if (entry.plugin.samples) names.push_back(name);
  }
  return names;
}

// The strategy whose section an option is in, or null.
const StrategyPlugin* owner_of(const std::string& option) {
  const std::string section = option.substr(0, option.find('.'));
  if (section == option || !common::Registry<StrategyPlugin>::contains(section)) return nullptr;
  return &common::Registry<StrategyPlugin>::find(section);
}

// What a search has and this bench decides, or what can only fail with shared weights, or what has
// a say in the choice of a winner alone: the bench compares the rewards of all.
bool no_supernet_training_reads(const std::string& option) {
  static const std::set<std::string> names = [] {
    std::set<std::string> all = {
        "run",   "strategy",   "start-with",       "repeats",       "evaluator",
        "table", "time-limit", "child-time-limit", "reward-column", "size-prior",
        "aux",   "aux-weight", "supernet.method"};
    for (const auto& some : {Ladder::options(), finalist_options(), Objective::options(),
                             Limits::options(), Prescreen::options()}) {
      for (const auto& one : some) all.insert(one.name);
    }
    return all;
  }();
  if (const StrategyPlugin* owner = owner_of(option)) return !owner->samples && !owner->by_mixture;
  return names.count(option) > 0;
}

bool only_enas_reads(const std::string& option) {
  return option == "trials" || option == "controller" || option == "supernet.trials-an-epoch";
}

}  // namespace

common::OptionList supernet_training_options() {
  common::OptionList options = {{.name = "methods",
                                 .value = supernet_methods(),
                                 .help = "Supernets to train",
                                 .choices = supernet_methods()},
                                {.name = "controller",
                                 .value = "ppo",
                                 .help = "The strategy of enas",
                                 .choices = controllers()}};
  for (common::Option option : search_options_without(no_supernet_training_reads)) {
    if (option.name == "space") option.value = "nasbench201";
    if (option.name == "trials") option.help = "Rewards that the controller of enas learns from";
    options.push_back(std::move(option));
  }
  return options;
}

std::string strategy_of_method(const std::string& method, const common::Options& options) {
  if (method == "enas") return options.text("controller");
  return method == "darts" ? "darts" : "random";
}

bool supernet_reads(const std::string& option, const std::string& method,
                    const common::Options& options) {
  const StrategyPlugin* owner = owner_of(option);
  if (owner != nullptr && owner->name != strategy_of_method(method, options)) return false;
  if (method != "enas" && only_enas_reads(option)) return false;
  return !no_supernet_training_reads(option) && option != "workers" && option != "window";
}

void check_supernet_methods(const common::Options& options) {
  const Texts methods = options.list("methods");
  const std::set<std::string> distinct(methods.begin(), methods.end());
  if (methods.empty() || distinct.size() != methods.size()) {
    throw ConfigError({.where = "--methods",
                       .what = methods.empty() ? "no method" : "a method is named twice",
                       .got = options.at("methods").value_text(),
                       .expected = "some of " + common::join(supernet_methods(), ", ")});
  }
  for (const auto& option : options.all()) {
    if (!is_typed(option)) continue;
    const StrategyPlugin* owner = owner_of(option.name);
    const bool is_read = std::any_of(methods.begin(), methods.end(), [&](const auto& method) {
      return (owner == nullptr || owner->name == strategy_of_method(method, options)) &&
             (method == "enas" || !only_enas_reads(option.name));
    });
    if (is_read) continue;
    throw ConfigError(
        {.where = "--" + option.name,
         .what = "nothing reads it",
         .got = "--methods " + options.at("methods").value_text() +
                (distinct.count("enas") > 0 ? " --controller " + options.text("controller") : "")});
  }
}

}  // namespace nas::engine
