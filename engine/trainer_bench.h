// How fast children train, and how fast they could.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "child_trainer/roofline.h"
#include "common/json.h"
#include "common/options.h"

namespace nas::engine {

// Of values, one a round.
struct Spread {
  double median = 0.0;
  double lowest = 0.0;
  double highest = 0.0;
};
Spread spread_of(std::vector<double> values);  // not empty
common::Json to_json(const Spread& spread);

// Images a second of all children together that the roofline allows: were there nothing but the
// multiply-adds, or nothing but the memory traffic when each primitive runs by itself.
struct SpeedLimits {
  double compute = 0.0;
  double memory = 0.0;
};

// What was timed: "training" (whole steps), "batches" (getting them alone), "inference".
struct TimedWork {
  Spread images_per_second;                    // of all children together
  std::map<std::string, Spread> step_seconds;  // of training: data, forward, backward, optimizer
  SpeedLimits limits;                          // of training and inference; otherwise 0
};

struct TrainerBenchResult {
  int64_t parameters = 0;     // with the auxiliary head
  int64_t multiply_adds = 0;  // an image, forward, without the auxiliary head
  int64_t children = 0;
  int64_t threads = 0;  // a child
  std::string device;
  std::string kernels;                            // see child_trainer::kernels_text()
  common::Json options = common::Json::object();  // of the network and its training
  std::map<std::string, TimedWork> work;
  double peak_bytes = 0.0;       // of memory, a child: the most
  double predicted_bytes = 0.0;  // of a child that trains, from the network's graph; else 0
  child_trainer::Roofline roofline;
};
common::Json to_json(const TrainerBenchResult& result);

// Of `nas bench trainer`: its own, and those of bench_child_options().
common::Options trainer_bench_options();

// Starts the children, lets them warm up, and times them in rounds that all begin together; `show`
// is told how many rounds are done. Throws what bench_network() and bench_images() throw, and Error
// when a child ends, or when so many cannot fit into memory.
TrainerBenchResult bench_trainer(const common::Options& options,
                                 const std::function<void(int64_t done, int64_t count)>& show);

}  // namespace nas::engine
