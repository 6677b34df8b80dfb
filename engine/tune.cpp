#include "engine/tune.h"

#include <algorithm>

#include "common/error.h"
#include "common/registry.h"
#include "common/text.h"
#include "controller/strategy.h"
#include "engine/job_options.h"
#include "engine/run_space.h"
#include "engine/search_options.h"

namespace nas::engine {

namespace {

bool learns_from_a_supernet(const std::string& strategy) {
  return common::Registry<controller::StrategyPlugin>::contains(strategy) &&
         common::Registry<controller::StrategyPlugin>::find(strategy).by_mixture;
}

// About networks, or without a meaning where all trials have the same one.
bool is_about_networks(const std::string& option) {
  static const std::vector<std::string> names = {
      "prescreen", "pool", "start-with", "evaluator", "table", "reward-column", "size-prior"};
  return std::find(names.begin(), names.end(), option) != names.end() ||
         common::starts_with(option, "supernet.") ||
         learns_from_a_supernet(option.substr(0, option.find('.')));
}

const std::vector<Preset>& tune_presets() {
  static const std::vector<Preset> all = {
      // The network and the batches of a transfer with that preset, whose settings are wanted; its
      // images too, as far as they have 32 px, which are four times the work of 16.
      {"laptop",
       {{"trials", 16},
        {"cells", 1},
        {"filters", 16},
        {"input-size", 32},
        {"train-images", 4000},
        {"valid-images", 2000},
        {"epochs", 5},
        {"batch-size", 32},
        {"lr", 0.1},
        {"label-smoothing", 0.1}}},
      {"workstation",
       {{"trials", 60},
        {"cells", 2},
        {"filters", 16},
        {"input-size", 32},
        {"train-images", 0},
        {"valid-images", 5000},
        {"epochs", 15},
        {"batch-size", 96},
        {"lr", 0.025},
        {"precision", "bf16"}}},
  };
  return all;
}

// Those of a search, with other defaults.
common::Options complete_options() {
  const common::Options of_search = search_options();
  common::Options options;
  for (common::Option option : of_search.all()) {
    if (option.name == "preset") continue;
    option.presets.clear();
    if (option.name == "strategy") {
      option.value = "surrogate";
      std::erase_if(option.choices, learns_from_a_supernet);
    }
    if (option.name == "repeats") option.value = 3;
    if (option.name == "space") {
      option.value = "hyper";
      option.help =
          "Settings to choose from: hyper, or a TOML file that lists them "
          "(docs/spaces.md)";
    }
    options.declare({option});
  }
  options.declare({tuned_architecture_option()});
  declare_presets(options, tune_presets());
  return options;
}

}  // namespace

common::Options tune_options() {
  const common::Options complete = complete_options();
  common::Options options;
  for (common::Option option : complete.all()) {
    if (is_about_networks(option.name)) continue;
    if (option.name == "proxy") {
      option.name = "dataset";
      option.help = "Dataset that trials are trained on: a name (`nas list datasets`) or a file";
    }
    options.declare({option});
  }
  return options;
}

SearchResult tune(const common::Options& options) {
  common::Options complete = complete_options();
  for (const auto& option : options.all()) {
    if (option.origin == "default") continue;
    complete.set_value(option.name == "dataset" ? "proxy" : option.name, option.value,
                       option.origin);
  }
  const auto run = run_to_continue_or_create(complete.text("run"));
  if (!(run && run->exists())) {
    for (const std::string name : {"arch", "dataset"}) {
      if (!options.text(name).empty()) continue;
      throw common::UsageError({.where = "nas tune",
                                .what = "no --" + name,
                                .hint = "nas tune --arch NAME --dataset NAME"});
    }
  }
  return search(complete);
}

}  // namespace nas::engine
