// What a child does with --evaluator shared: it trains the run's supernet as far as a trial needs
// it, then measures the trial's architecture with the shared weights.
#pragma once

#include <functional>
#include <memory>

#include "child_trainer/supernet/supernet.h"
#include "engine/child_protocol.h"
#include "engine/network_costs.h"
#include "engine/objective.h"
#include "engine/run_folder.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

class SharedChild {
 public:
  SharedChild(const RunFolder& run, const common::Options& options, at::Device device);
  ~SharedChild();

  int64_t classes() const { return supernet_->dataset().class_count(); }

  // `latency`: what is known of it. `on_trained` is called when the shared weights are trained as
  // far as the trial needs them. Throws SystemError where they cannot be, which concerns every
  // trial.
  ChildReply evaluate(const Trial& trial, const common::Json& latency,
                      const child_trainer::TrainHooks& hooks,
                      const std::function<void()>& on_trained);

 private:
  child_trainer::TrainResult train_for(const Trial& trial, const child_trainer::TrainHooks& hooks);
  child_trainer::TrainResult train_until(int64_t epochs, const child_trainer::TrainHooks& hooks);
  ChildReply measured(const Trial& trial, const common::Json& latency);

  RunFolder run_;
  common::Options options_;
  SupernetSchedule schedule_;
  Objective objective_;
  NetworkCosts costs_;
  std::unique_ptr<child_trainer::Supernet> supernet_;
};

}  // namespace nas::engine
