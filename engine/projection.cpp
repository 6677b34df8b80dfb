#include "engine/projection.h"

#include <algorithm>
#include <cmath>
#include <future>

#include "child_trainer/device.h"
#include "child_trainer/plan_memory.h"
#include "child_trainer/step_timer.h"
#include "child_trainer/train_settings.h"
#include "common/log.h"
#include "engine/finalists.h"
#include "engine/ladder.h"
#include "search_space/cost.h"
#include "search_space/space.h"

namespace nas::engine {

namespace {

constexpr double kLibraryBytes =
    400e6;  // resident after LibTorch's first step by its own operators
constexpr double kKernelsLibraryBytes = 210e6;  // by our kernels
constexpr double kTransientFactor =
    1.35;  // gradients of activations and workspaces that live for a while
constexpr int kSampledNetworks = 3;

}  // namespace

double training_bytes(const search_space::NetworkGraph& graph,
                      const child_trainer::TrainSettings& settings, at::Device device,
                      double data_bytes) {
  const auto cost = search_space::cost_of(graph);
  const double weights = 4.0 * static_cast<double>(cost.parameters + cost.auxiliary_parameters);
  if (child_trainer::kernels_run(settings, device)) {
    // Weights, gradients, momentum, and weights as the kernels read them, twice.
    return kKernelsLibraryBytes + data_bytes + 5 * weights +
           static_cast<double>(child_trainer::plan_bytes(graph, settings.batch_size));
  }
  return kLibraryBytes + data_bytes + 3 * weights +
         kTransientFactor * static_cast<double>(cost.activation_bytes) *
             static_cast<double>(settings.batch_size);
}

double training_seconds(double seconds_an_image, int64_t epochs, int64_t train_images,
                        int64_t valid_images) {
  constexpr double kEvaluationShare = 0.35;  // of a training step's time
  return static_cast<double>(epochs) * seconds_an_image *
         (static_cast<double>(train_images) + kEvaluationShare * static_cast<double>(valid_images));
}

Projection project_search(const common::Options& options, int64_t classes, int64_t train_images,
                          int64_t valid_images) {
  const auto space =
      common::Registry<search_space::SpacePlugin>::find(options.text("space")).make();
  const auto settings = child_trainer::TrainSettings::from(options);
  auto network = search_space::NetworkOptions::from(options);
  network.classes = classes;
  network.auxiliary = settings.auxiliary;
  const auto workers =
      std::max<int64_t>(1, std::min(options.integer("workers"), options.integer("window")));
  const auto device = child_trainer::find_devices(options.text("device")).front();
  // Children share caches and memory: as many are timed side by side as will run on this CPU.
  const int64_t together =
      device.is_cuda() ? 1 : std::min(workers, child_trainer::threads_a_child(1));
  const double data_bytes = static_cast<double>((train_images + valid_images) * 3 *
                                                network.input_size * network.input_size);
  std::vector<double> steps;
  Projection projection;
  for (int i = 0; i < kSampledNetworks; ++i) {
    common::RandomStream random({.seed = static_cast<uint64_t>(options.integer("seed")),
                                 .purpose = "projection",
                                 .index = static_cast<uint64_t>(i)});
    const auto graph =
        search_space::build_network(space->architecture(space->sample(random)), network);
    projection.bytes_a_child =
        std::max(projection.bytes_a_child, training_bytes(graph, settings, device, data_bytes));
    std::vector<std::future<double>> timings;
    for (int64_t t = 0; t < together; ++t) {
      timings.push_back(std::async(std::launch::async, [&] {
        child_trainer::set_threads(options.integer("threads"));
        return child_trainer::seconds_a_step(graph, settings, device);
      }));
    }
    for (auto& timing : timings) steps.push_back(timing.get());
  }
  double mean = 0;
  for (const double step : steps) mean += step / static_cast<double>(steps.size());
  const double image = mean / static_cast<double>(settings.batch_size);
  const double epoch = training_seconds(image, 1, train_images, valid_images);
  projection.seconds_a_trial = epoch * static_cast<double>(settings.epochs);
  projection.epochs = Ladder(options).expected_epochs(options.integer("trials"));
  projection.seconds = epoch * projection.epochs / static_cast<double>(workers);
  // Side by side they take as long as the worker that has most of them.
  const auto add_last = [&](int64_t count, int64_t epochs) {
    const auto each = static_cast<double>(epochs);
    projection.epochs += each * static_cast<double>(count);
    projection.seconds +=
        epoch * each *
        std::ceil(static_cast<double>(count) / static_cast<double>(options.integer("workers")));
  };
  add_last(options.integer("repeats"), settings.epochs);
  add_last(options.integer("finalists"), finalist_epochs(options));
  return projection;
}

}  // namespace nas::engine
