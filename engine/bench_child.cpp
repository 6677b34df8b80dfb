#include "engine/bench_child.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <iostream>
#include <numeric>

#include "child_trainer/device.h"
#include "child_trainer/evaluate.h"
#include "child_trainer/step_timer.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/process.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "data/random_images.h"
#include "export/onnx_model.h"
#include "search_space/network_family.h"

namespace nas::engine {

namespace {

using common::Json;

constexpr int64_t kDumpedSteps = 8;
constexpr int64_t kShownScores = 4;  // images

common::OptionList own_child_options() {
  return {{.name = "arch", .value = "nasnet-a", .help = "Architecture: a name, a file or a text"},
          {.name = "proxy",
           .value = "",
           .help = "Dataset to train on: a name or a file; by default images of random pixels"},
          {.name = "data-dir", .value = "", .help = "Folder that is searched for datasets first"},
          {.name = "images",
           .value = 2048,
           .help = "Images of random pixels, in 10 classes",
           .min = 1,
           .max = 1000000},
          {.name = "input-size",
           .value = 32,
           .help = "Side of the images; a dataset's are scaled to it",
           .unit = "pixels",
           .min = 8,
           .max = 1024},
          {.name = "seed", .value = 1, .help = "Of weights, images and batches", .min = 0},
          {.name = "threads",
           .value = 0,
           .help = "Threads of a child; 0: its share of the cores",
           .min = 0,
           .max = 1024},
          {.name = "device", .value = "auto", .help = "auto | cpu | cuda | cuda:N"}};
}

std::filesystem::path dataset_file(const common::Options& options) {
  return data::find_dataset(options.text("proxy"), options.text("data-dir")).file;
}

int64_t class_count(const common::Options& options) {
  constexpr int64_t kRandomClasses = 10;
  if (options.text("proxy").empty()) return kRandomClasses;
  return data::read_dataset_info(dataset_file(options)).header.class_count();
}

uint64_t seed_of(const common::Options& options) {
  return static_cast<uint64_t>(options.integer("seed"));
}

data::Split first_images(const data::Dataset& dataset, int64_t count) {
  std::vector<int64_t> indices(static_cast<size_t>(std::min(count, dataset.train.count())));
  std::iota(indices.begin(), indices.end(), 0);
  return data::take(dataset, dataset.train, indices);
}

class BenchChild {
 public:
  explicit BenchChild(const common::Options& options)
      : options_(options),
        settings_(child_trainer::TrainSettings::from(options)),
        device_(child_trainer::find_device(options.text("device"))),
        dataset_(bench_images(options)),
        normalisation_(child_trainer::measure_normalisation(dataset_, dataset_.train)),
        train_(dataset_, dataset_.train, normalisation_, device_),
        inferred_(dataset_, first_images(dataset_, settings_.batch_size), normalisation_, device_),
        timer_(bench_network(options), settings_, train_, device_, seed_of(options)) {}

  int64_t data_bytes() const { return dataset_.train.count() * dataset_.image_bytes(); }

  Json serve(const Json& request) {
    const auto work = common::json_get<std::string>(request, "work", "bench");
    const auto steps = common::json_get<int64_t>(request, "steps", "bench");
    if (work == "training") return train(steps);
    if (work == "batches") return make_batches(steps);
    if (work == "inference") return infer(steps);
    throw common::InternalError({.where = "bench", .what = "unknown work", .got = work});
  }

  void dump(const std::filesystem::path& folder) {
    const auto weights = child_trainer::store_tensors(timer_.network().state(true));
    common::write_safetensors(folder / "initial.safetensors", {.tensors = weights, .metadata = {}});
    child_trainer::NamedTensors tensors;
    std::unique_ptr<child_trainer::EpochBatches> batches;
    for (int64_t step = 0, epoch = 0; step < kDumpedSteps; ++step) {
      const int64_t count =
          child_trainer::EpochBatches::count_for(train_.count(), settings_.batch_size);
      if (step % count == 0) batches = timer_.epoch(epoch++);
      const auto batch = batches->get(step % count);
      tensors[fmt::format("images_{}", step)] = batch.images;
      tensors[fmt::format("targets_{}", step)] = batch.targets;
    }
    tensors["images_inference"] = inferred_.gather(at::arange(inferred_.count(), at::kLong)).images;
    common::write_safetensors(folder / "batches.safetensors",
                              {.tensors = child_trainer::store_tensors(tensors), .metadata = {}});
    dump_onnx(folder / "model.onnx");
  }

 private:
  Json reply(double seconds, int64_t images) const {
    const double peak =
        device_.is_cuda() ? child_trainer::peak_cuda_bytes(device_) : common::peak_resident_bytes();
    return {{"seconds", seconds}, {"images", images}, {"peak_bytes", peak}};
  }
  // The last batch of an epoch is left out, and the only one of a small set is smaller.
  int64_t batch_images() const { return std::min(settings_.batch_size, train_.count()); }

  Json train(int64_t steps) {
    // Waiting for a GPU after each part costs time: its whole steps are timed without.
    const bool parts_apart = !device_.is_cpu();
    child_trainer::StepSeconds parts;
    std::vector<at::Tensor> losses;
    const auto take = [&](bool with_parts) {
      for (int64_t i = 0; i < steps; ++i) {
        const auto step = timer_.step(with_parts);
        parts.data += step.data;
        parts.forward += step.forward;
        parts.backward += step.backward;
        parts.optimizer += step.optimizer;
        losses.push_back(timer_.loss());
      }
    };
    const double start = common::monotonic_seconds();
    take(false);
    timer_.wait();
    const double seconds = common::monotonic_seconds() - start;
    if (parts_apart) {
      parts = {};
      take(true);
    }
    Json json = reply(seconds, steps * batch_images());
    const auto count = static_cast<double>(std::max<int64_t>(1, steps));
    json["parts"] = {{"data", parts.data / count},
                     {"forward", parts.forward / count},
                     {"backward", parts.backward / count},
                     {"optimizer", parts.optimizer / count}};
    json["losses"] = Json::array();
    for (const auto& loss : losses) json["losses"].push_back(loss.item<double>());
    return json;
  }

  Json make_batches(int64_t steps) {
    const double start = common::monotonic_seconds();
    std::unique_ptr<child_trainer::EpochBatches> batches;
    for (int64_t i = 0; i < steps; ++i, ++batches_made_) {
      const int64_t count =
          child_trainer::EpochBatches::count_for(train_.count(), settings_.batch_size);
      if (!batches || batches_made_ % count == 0) batches = timer_.epoch(batches_made_ / count);
      batches->get(batches_made_ % count);
    }
    timer_.wait();
    return reply(common::monotonic_seconds() - start, steps * batch_images());
  }

  Json infer(int64_t steps) {
    std::vector<float> scores;
    const double start = common::monotonic_seconds();
    for (int64_t i = 0; i < steps; ++i) {
      scores = child_trainer::scores_of(timer_.network(), inferred_, settings_.batch_size);
    }
    Json json = reply(common::monotonic_seconds() - start, steps * inferred_.count());
    const auto shown = static_cast<size_t>(kShownScores * dataset_.class_count());
    scores.resize(std::min(scores.size(), shown));
    json["scores"] = scores;
    return json;
  }

  void dump_onnx(const std::filesystem::path& file) {
    const exporting::ExportModel model{
        .name = dataset_.name,
        .graph = search_space::inference_graph(timer_.network().graph()),
        .weights = child_trainer::store_tensors(timer_.network().state(false)),
        .labels = dataset_.class_names,
        .task = dataset_.task,
        .input_size = dataset_.height,
        // Pixels stay as they are: what other programs are given is normalised already.
        .mean = std::vector<double>(3, 0.0),
        .std_dev = std::vector<double>(3, 1.0 / 255.0),
        .metadata = {}};
    common::write_file_atomically(file, exporting::onnx_model(model));
  }

  common::Options options_;
  child_trainer::TrainSettings settings_;
  at::Device device_;
  data::Dataset dataset_;
  child_trainer::Normalisation normalisation_;
  child_trainer::DeviceSplit train_;
  child_trainer::DeviceSplit inferred_;
  child_trainer::StepTimer timer_;
  int64_t batches_made_ = 0;
};

void answer(const Json& json) {
  fmt::print("{}\n", json.dump());
  std::fflush(stdout);
}

}  // namespace

common::Options bench_child_options() {
  common::Options options(own_child_options());
  options.declare(search_space::NetworkOptions{.cells = 2, .filters = 16}.options());
  options.declare(child_trainer::TrainSettings{}.options());
  options.declare({child_trainer::recompute_option()});
  return options;
}

search_space::NetworkGraph bench_network(const common::Options& options) {
  const auto settings = child_trainer::TrainSettings::from(options);
  auto network = settings.in_training(search_space::NetworkOptions::from(options));
  network.classes = class_count(options);
  return search_space::build_network(search_space::find_architecture(options.text("arch")),
                                     network);
}

data::Dataset bench_images(const common::Options& options) {
  const int64_t side = options.integer("input-size");
  if (options.text("proxy").empty()) {
    return data::random_images(options.integer("images"), side, class_count(options),
                               seed_of(options));
  }
  auto dataset = data::read_dataset(dataset_file(options));
  dataset.valid = dataset.test = {};
  return dataset.height == side && dataset.width == side ? dataset : data::resized(dataset, side);
}

int serve_bench(const common::Options& options) {
  const int64_t threads = options.integer("threads");
  child_trainer::set_threads(threads > 0 ? threads : child_trainer::threads_a_child(1));
  child_trainer::make_cuda_deterministic();
  BenchChild child(options);
  if (const auto folder = options.text("dump"); !folder.empty()) child.dump(folder);
  common::reset_peak_resident_bytes();  // a dataset was read in full, and scaled
  answer({{"ready", true}, {"data_bytes", child.data_bytes()}});
  std::string line;
  while (std::getline(std::cin, line)) answer(child.serve(common::parse_json(line, "bench")));
  return common::kExitDone;
}

}  // namespace nas::engine
