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

NetworkCosts::NetworkCosts(const RunFolder& run) {
  if (std::filesystem::exists(run.proxy()))
    classes_ = data::read_dataset_info(run.proxy()).header.class_count();
}

common::Json NetworkCosts::of(const search_space::Architecture& architecture,
                              const common::Options& options) const {
  auto network = search_space::NetworkOptions::from(options);
  network.classes = classes_;
  // The auxiliary head costs nothing, but there may be no room for it.
  network.auxiliary = child_trainer::TrainSettings::from(options).auxiliary;
  return cost_json(search_space::cost_of(search_space::build_network(architecture, network)));
}

std::string NetworkCosts::key(const std::string& name) {
  std::string key = name;
  std::replace(key.begin(), key.end(), '-', '_');
  return cost_json({}).contains(key) ? key : "";
}

}  // namespace nas::engine
