#include "engine/projection.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>

#include "child_trainer/device.h"
#include "child_trainer/node_runner.h"
#include "child_trainer/plan_memory.h"
#include "child_trainer/score_timer.h"
#include "child_trainer/step_timer.h"
#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/machine.h"
#include "common/text.h"
#include "engine/finalists.h"
#include "engine/ladder.h"
#include "engine/prescreen.h"
#include "engine/run_space.h"
#include "engine/supernet_projection.h"
#include "engine/supernet_schedule.h"
#include "search_space/cost.h"

namespace nas::engine {

namespace {

constexpr double kLibraryBytes = 210e6;  // resident after a first step
// By LibTorch's own operators, measured: gradients of activations, workspaces, and holes that its
// allocator leaves.
constexpr double kTransientFactor = 1.35;
constexpr double kRecomputeFactor = 2.0;
constexpr double kBf16Factor = 0.55;  // measured; batch norms stay in float32
constexpr int kSampledNetworks = 3;

struct Timing {
  double image = 0.0;  // of a training step
  double score = 0.0;
};

// Fills in the whole run. A worker waits for its next trial while a pool is scored, by one process
// for all workers; what is trained at the end takes as long as the worker that has most of it.
void add_run(Projection& projection, const common::Options& options, int64_t workers) {
  const auto trials = static_cast<double>(options.integer("trials"));
  const auto epochs = static_cast<double>(options.integer("epochs"));
  const double epoch = projection.seconds_a_trial / epochs;
  projection.epochs = Ladder(options).expected_epochs(options.integer("trials"));
  const double of_a_worker = epoch * projection.epochs / trials + projection.seconds_a_choice;
  projection.seconds =
      trials * std::max(of_a_worker / static_cast<double>(workers), projection.seconds_a_choice);
  const auto add_last = [&](int64_t count, double epochs_each) {
    const auto local = std::min(count, options.integer("workers"));
    const auto rounds = count > 0 ? (count + local - 1) / local : 0;
    projection.epochs += epochs_each * static_cast<double>(count);
    projection.seconds += epoch * epochs_each * static_cast<double>(rounds);
  };
  add_last(options.integer("repeats"), epochs);
  add_last(options.integer("finalists"), static_cast<double>(finalist_epochs(options)));
}

}  // namespace

common::Json to_json(const Projection& projection) {
  return {{"seconds", projection.seconds},
          {"seconds_a_trial", projection.seconds_a_trial},
          {"seconds_a_choice", projection.seconds_a_choice},
          {"epochs", projection.epochs},
          {"bytes_a_child", std::llround(projection.bytes_a_child)}};
}

double training_bytes(const search_space::NetworkGraph& graph,
                      const child_trainer::TrainSettings& settings, at::Device device,
                      double data_bytes) {
  const auto cost = search_space::cost_of(graph);
  const double weights = 4.0 * static_cast<double>(cost.parameters + cost.auxiliary_parameters);
  if (child_trainer::kernels_run(settings, device)) {
    // Weights, gradients, momentum, and weights as the kernels read them, twice.
    return kLibraryBytes + data_bytes + 5 * weights +
           static_cast<double>(
               child_trainer::plan_bytes(graph, settings.batch_size, settings.recompute));
  }
  double image = kTransientFactor * static_cast<double>(cost.activation_bytes);
  if (settings.recompute)
    image = std::min(
        image, kRecomputeFactor * static_cast<double>(child_trainer::recomputed_bytes(graph)));
  if (settings.precision == "bf16") image *= kBf16Factor;
  return kLibraryBytes + data_bytes + 3 * weights +
         image * static_cast<double>(settings.batch_size);
}

void require_memory(double bytes, at::Device device) {
  const double memory = common::machine_memory();
  if (!device.is_cpu() || bytes <= memory) return;
  throw common::SystemError({.where = "memory",
                             .what = "this machine has too little to train such a network",
                             .got = common::bytes_text(memory),
                             .expected = common::bytes_text(bytes),
                             .hint = "smaller --filters, --cells, --input-size or --batch-size, or "
                                     "fewer processes at once"});
}

double training_seconds(double seconds_an_image, int64_t epochs, int64_t train_images,
                        int64_t valid_images) {
  constexpr double kEvaluationShare = 0.35;  // of a training step's time
  return static_cast<double>(epochs) * seconds_an_image *
         (static_cast<double>(train_images) + kEvaluationShare * static_cast<double>(valid_images));
}

Projection project_search(const common::Options& options, int64_t classes, int64_t train_images,
                          int64_t valid_images) {
  if (SupernetSchedule(options).shared())
    return project_supernet(options, classes, train_images, valid_images);
  const RunSpace space(options);
  const child_trainer::Score* score = Prescreen::computed(options);
  const auto workers =
      std::max<int64_t>(1, std::min(options.integer("workers"), options.integer("window")));
  const auto device = child_trainer::find_devices(options.text("device")).front();
  // Children share caches and memory: as many are timed side by side as will run on this CPU.
  const int64_t together =
      device.is_cuda() ? 1 : std::min(workers, child_trainer::threads_a_child(1));
  const int64_t size = options.integer("input-size");
  const auto data_bytes = static_cast<double>((train_images + valid_images) * 3 * size * size);
  std::vector<Timing> timings;
  Projection projection;
  double least_bytes = std::numeric_limits<double>::infinity();  // of a child
  for (int i = 0; i < kSampledNetworks; ++i) {
    common::RandomStream random({.seed = static_cast<uint64_t>(options.integer("seed")),
                                 .purpose = "projection",
                                 .index = static_cast<uint64_t>(i)});
    const auto choices = space.space().sample(random);
    const auto child = with_settings(options, space.settings(choices));
    auto settings = child_trainer::TrainSettings::from(child);
    settings.batch_size = std::min(settings.batch_size, train_images);
    const auto architecture = space.architecture(choices);
    auto network = search_space::NetworkOptions::from(child);
    network.classes = classes;
    const auto graph = search_space::build_network(architecture, settings.in_training(network));
    const double bytes = training_bytes(graph, settings, device, data_bytes);
    projection.bytes_a_child = std::max(projection.bytes_a_child, bytes);
    least_bytes = std::min(least_bytes, bytes);
    if (device.is_cpu() && bytes * static_cast<double>(together) > common::machine_memory())
      continue;
    const int64_t scored_images = std::max<int64_t>(2, settings.batch_size);
    std::vector<std::future<Timing>> pending;
    for (int64_t t = 0; t < together; ++t) {
      pending.push_back(std::async(std::launch::async, [&] {
        child_trainer::set_threads(options.integer("threads"));
        Timing timing{.image = child_trainer::seconds_a_step(graph, settings, device) /
                               static_cast<double>(settings.batch_size)};
        if (score != nullptr) {
          timing.score = child_trainer::seconds_a_score(
              *score, search_space::build_network(architecture, network), scored_images, device);
        }
        return timing;
      }));
    }
    for (auto& timing : pending) timings.push_back(timing.get());
  }
  if (device.is_cuda()) child_trainer::release_cuda_memory();  // children need it
  if (timings.empty()) require_memory(least_bytes * static_cast<double>(together), device);
  Timing mean;
  for (const Timing& timing : timings) {
    mean.image += timing.image / static_cast<double>(timings.size());
    mean.score += timing.score / static_cast<double>(timings.size());
  }
  projection.seconds_a_trial =
      training_seconds(mean.image, options.integer("epochs"), train_images, valid_images);
  projection.seconds_a_choice = mean.score * static_cast<double>(options.integer("pool"));
  add_run(projection, options, workers);
  return projection;
}

}  // namespace nas::engine
