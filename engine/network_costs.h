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
  explicit NetworkCosts(const RunFolder& run);

  // {"parameters": …, "multiply_adds": …}, as in a trial's metrics, at the sizes that the child's
  // options give. Throws ConfigError or DataError where the network cannot be built.
  common::Json of(const search_space::Architecture& architecture,
                  const common::Options& options) const;

  // Where of() has what options and scores call `name`, such as "multiply-adds"; empty where it
  // does not.
  static std::string key(const std::string& name);

 private:
  int64_t classes_ = search_space::NetworkOptions().classes;
};

}  // namespace nas::engine
