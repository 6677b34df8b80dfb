#include "engine/transfer_job.h"

#include <algorithm>

#include "child_trainer/step_graph.h"

namespace nas::engine {

data::Dataset transfer_dataset(data::Dataset dataset, const common::Options& options) {
  const int64_t size =
      options.integer("input-size") > 0 ? options.integer("input-size") : dataset.height;
  const auto seed = static_cast<uint64_t>(options.integer("seed"));
  data::Split test = std::move(dataset.test);
  dataset.test = {};
  const int64_t total = dataset.train.count() + dataset.valid.count();
  const int64_t valid = dataset.valid.count() > 0
                            ? dataset.valid.count()
                            : std::max<int64_t>(1, std::min<int64_t>(5000, total / 10));
  data::Dataset prepared =
      data::proxy_split(dataset, options.integer("train-images"), valid, size, seed);
  data::Dataset rest = dataset;
  rest.train = rest.valid = {};
  rest.test = std::move(test);
  prepared.test = data::resized(rest, size).test;
  return prepared;
}

child_trainer::TrainJob transfer_job(const common::Options& options,
                                     const search_space::Architecture& architecture,
                                     const data::Dataset& dataset) {
  child_trainer::TrainJob job{.architecture = architecture,
                              .network = search_space::NetworkOptions::from(options),
                              .settings = child_trainer::TrainSettings::from(options),
                              .parallel = child_trainer::ParallelSettings::from(options),
                              .seed = static_cast<uint64_t>(options.integer("seed"))};
  job.settings.learning_rate = job.parallel.learning_rate(job.settings);
  job.network.input_size = dataset.height;
  job.network.classes = dataset.class_count();
  return job;
}

child_trainer::TrainSettings settings_of_part(const child_trainer::TrainJob& job,
                                              const data::Dataset& dataset, at::Device device,
                                              int64_t ranks) {
  auto settings = job.settings;
  const int64_t batch = std::min(settings.batch_size, dataset.train.count());
  settings.batch_size = job.parallel.images_a_pass(batch, ranks);
  if (!child_trainer::records_steps(settings, job.parallel, device, ranks))
    settings.cuda_graph = "off";
  return settings;
}

}  // namespace nas::engine
