#include "engine/supernet_projection.h"

#include <algorithm>

#include "child_trainer/device.h"
#include "child_trainer/step_timer.h"
#include "engine/run_space.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

namespace {

constexpr int kTimedPaths = 3;
// Steps of the mixture that one of darts takes as long as: one for the weights, and one for what
// they are mixed by, or with the second order four.
constexpr double kFirstOrderPasses = 2.0;
constexpr double kSecondOrderPasses = 5.0;

}  // namespace

Projection project_supernet(const common::Options& options, int64_t classes, int64_t train_images,
                            int64_t valid_images) {
  const RunSpace space(options);
  auto settings = child_trainer::TrainSettings::from(options);
  settings.batch_size = std::min(settings.batch_size, train_images);
  settings.cuda_graph = "off";  // as in a supernet
  auto network = settings.in_training(search_space::NetworkOptions::from(options));
  network.classes = classes;
  const auto device = child_trainer::find_devices(options.text("device")).front();
  const auto data_bytes = static_cast<double>((train_images + valid_images) * 3 *
                                              network.input_size * network.input_size);
  child_trainer::set_threads(options.integer("threads"));
  Projection projection;
  // Seconds of an image in a training step.
  const auto timed = [&](const search_space::NetworkGraph& graph) {
    const double bytes = training_bytes(graph, settings, device, data_bytes);
    require_memory(bytes, device);
    projection.bytes_a_child = std::max(projection.bytes_a_child, bytes);
    return child_trainer::seconds_a_step(graph, settings, device) /
           static_cast<double>(settings.batch_size);
  };
  double path = 0;
  for (int i = 0; i < kTimedPaths; ++i) {
    common::RandomStream random({.seed = static_cast<uint64_t>(options.integer("seed")),
                                 .purpose = "projection",
                                 .index = static_cast<uint64_t>(i)});
    const auto architecture = space.architecture(space.space().sample(random));
    path += timed(search_space::build_network(architecture, network)) / kTimedPaths;
  }
  double trained = path;
  if (SupernetSchedule(options).method() == "darts") {
    network.mixture =
        search_space::MixtureOptions{.partial_channels = options.integer("darts.partial-channels")};
    const auto mixture = space.space().mixture().value();
    trained = timed(search_space::build_network(mixture.dense, network)) *
              (options.flag("darts.second-order") ? kSecondOrderPasses : kFirstOrderPasses);
  }
  if (device.is_cuda()) child_trainer::release_cuda_memory();  // the child needs it
  projection.supernet_seconds =
      training_seconds(trained, options.integer("epochs"), train_images, /*valid_images=*/0);
  // A trial calibrates its batch norms, then is measured.
  const int64_t seen = valid_images + options.integer("supernet.calibration-images");
  projection.seconds_a_trial = training_seconds(path, 1, 0, seen);
  projection.seconds = projection.supernet_seconds +
                       projection.seconds_a_trial * static_cast<double>(options.integer("trials"));
  return projection;
}

}  // namespace nas::engine
