#include "engine/network_costs.h"

#include <algorithm>

#include "child_trainer/train_settings.h"
#include "data/dataset_file.h"
#include "search_space/cost.h"

namespace nas::engine {

namespace {

common::Json cost_json(const search_space::Cost& cost) {
  return {{"parameters", cost.parameters}, {"multiply_adds", cost.multiply_adds}};
}

}  // namespace

NetworkCosts::NetworkCosts(const RunFolder& run, const common::Options& options)
    : network_(search_space::NetworkOptions::from(options)) {
  // The auxiliary head costs nothing, but there may be no room for it.
  network_.auxiliary = child_trainer::TrainSettings::from(options).auxiliary;
  if (std::filesystem::exists(run.proxy()))
    network_.classes = data::read_dataset_info(run.proxy()).header.class_count();
}

common::Json NetworkCosts::of(const search_space::Architecture& architecture) const {
  return cost_json(search_space::cost_of(search_space::build_network(architecture, network_)));
}

std::string NetworkCosts::key(const std::string& name) {
  std::string key = name;
  std::replace(key.begin(), key.end(), '-', '_');
  return cost_json({}).contains(key) ? key : "";
}

}  // namespace nas::engine
