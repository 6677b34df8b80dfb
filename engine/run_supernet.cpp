#include "engine/run_supernet.h"

#include "child_trainer/checkpoint.h"
#include "child_trainer/supernet/mixture_supernet.h"
#include "child_trainer/supernet/path_supernet.h"
#include "common/safetensors.h"
#include "data/dataset_file.h"
#include "engine/supernet_paths.h"
#include "engine/supernet_schedule.h"

namespace nas::engine {

namespace {

search_space::Architecture random_path(const search_space::Space& space,
                                       const common::RandomKey& key) {
  common::RandomStream random(key);
  return space.architecture(space.sample(random));
}

// Random paths; with enas those of the coordinator, as long as they can be built.
child_trainer::PathSource path_source(const RunFolder& run, const common::Options& options) {
  struct Sampled {
    int64_t epoch = -1;
    std::vector<search_space::Choices> paths;
  };
  const auto seed = static_cast<uint64_t>(options.integer("seed"));
  const bool sampled = SupernetSchedule(options).method() == "enas";
  return [=, space = std::shared_ptr(search_space::find_space(options.text("space"))),
          known = std::make_shared<Sampled>()](int64_t epoch, int64_t step, int64_t attempt) {
    if (sampled && attempt == 0) {
      if (known->epoch != epoch) *known = {epoch, read_paths(run, epoch)};
      const auto& paths = known->paths;
      return space->architecture(paths[static_cast<size_t>(step) % paths.size()]);
    }
    return random_path(*space, {.seed = seed,
                                .trial = static_cast<uint64_t>(attempt),
                                .epoch = static_cast<uint64_t>(epoch),
                                .purpose = "path",
                                .index = static_cast<uint64_t>(step)});
  };
}

child_trainer::MixtureSettings mixture_settings(const common::Options& options) {
  return {.learning_rate = options.number("darts.learning-rate"),
          .weight_decay = options.number("darts.weight-decay"),
          .warmup_epochs = options.integer("darts.warmup-epochs"),
          .second_order = options.flag("darts.second-order"),
          .partial_channels = options.integer("darts.partial-channels")};
}

}  // namespace

std::unique_ptr<child_trainer::Supernet> open_supernet(const RunFolder& run,
                                                       const common::Options& options,
                                                       at::Device device) {
  child_trainer::SupernetJob job{
      .network = search_space::NetworkOptions::from(options),
      .settings = child_trainer::TrainSettings::from(options),
      .seed = static_cast<uint64_t>(options.integer("seed")),
      .folder = run.supernet(),
      .calibration_images = options.integer("supernet.calibration-images")};
  auto dataset = data::map_dataset(run.proxy());
  std::unique_ptr<child_trainer::Supernet> supernet;
  if (SupernetSchedule(options).method() == "darts") {
    const auto space = search_space::find_space(options.text("space"));
    supernet = std::make_unique<child_trainer::MixtureSupernet>(
        std::move(dataset), device, std::move(job), space->mixture().value(),
        mixture_settings(options));
  } else {
    supernet = std::make_unique<child_trainer::PathSupernet>(
        std::move(dataset), device, std::move(job), path_source(run, options));
  }
  supernet->restore();
  return supernet;
}

void write_weights(child_trainer::Subnetwork& subnetwork, const std::filesystem::path& file) {
  common::TensorFile weights;
  weights.tensors = child_trainer::store_tensors(subnetwork.network().state(false));
  common::write_safetensors(file, weights);
}

}  // namespace nas::engine
