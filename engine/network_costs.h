// What the networks of a run's children cost, before they are trained.
#pragma once

#include "common/json.h"
#include "common/options.h"
#include "engine/run_folder.h"
#include "search_space/network_family.h"

namespace nas::engine {

class NetworkCosts {
 public:
  // Reads the number of classes from the run's proxy; without one it is 10.
  NetworkCosts(const RunFolder& run, const common::Options& options);

  // {"parameters": …, "multiply_adds": …}, as in a trial's metrics. Throws ConfigError or
  // DataError where the network cannot be built.
  common::Json of(const search_space::Architecture& architecture) const;

  // Where of() has what options and scores call `name`, such as "multiply-adds"; empty where it
  // does not.
  static std::string key(const std::string& name);

 private:
  search_space::NetworkOptions network_;
};

}  // namespace nas::engine
