#include "engine/transfer.h"

#include <fmt/format.h>

#include "child_trainer/checkpoint.h"
#include "child_trainer/device.h"
#include "child_trainer/step_timer.h"
#include "child_trainer/trainer.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "engine/projection.h"
#include "engine/report.h"
#include "engine/search.h"
#include "engine/signals.h"
#include "engine/transfer_options.h"
#include "search_space/cost.h"

namespace nas::engine {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kSamples = 64;  // images kept in the model folder to check exports with

// The newest run that has a finished trial, or the one named.
RunFolder run_to_transfer(const std::string& text) {
  if (!text.empty() && text != "latest") return find_run(text);
  for (const auto& run : list_runs()) {
    if (fs::exists(run.best() / "architecture.json")) return run;
    Store store(run.store_url(run_options(run).text("store")));
    if (best_of(store.trials())) return run;
  }
  throw common::NothingError(
      {.where = "nas transfer",
       .what = "no run with a finished trial under " + fs::absolute(runs_root()).string(),
       .hint = "nas search --proxy cifar10, or --arch NAME"});
}

struct Source {
  search_space::Architecture architecture;
  common::Json provenance = common::Json::object();
};

Source source_of(const common::Options& options) {
  if (!options.text("arch").empty()) {
    Source source{.architecture = search_space::find_architecture(options.text("arch"))};
    source.provenance["architecture_from"] = options.text("arch");
    return source;
  }
  const RunFolder run = run_to_transfer(options.text("run"));
  Store store(run.store_url(run_options(run).text("store")));
  const auto best = best_of(store.trials());
  if (!best) {
    throw common::NothingError(
        {.where = "run " + run.path().string(), .what = "it has no finished trial yet"});
  }
  if (store.meta("end").empty())
    common::log_warning("run " + run.path().string() +
                        " is unfinished: its best trial so far is taken");
  common::log_info(fmt::format("architecture of trial {} (reward {:.4f}) of run {}", best->id,
                               *best->reward, run.path().string()));
  Source source{.architecture = best->architecture};
  source.provenance = {
      {"run", run.path().filename().string()}, {"trial", best->id}, {"reward", *best->reward}};
  return source;
}

fs::path newest_unfinished() {
  fs::path newest;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(models_root(), error)) {
    const bool unfinished =
        fs::exists(entry.path() / kTransferConfig) && !fs::exists(entry.path() / "model.json");
    if (unfinished && (newest.empty() || fs::last_write_time(entry.path() / kTransferConfig) >
                                             fs::last_write_time(newest / kTransferConfig))) {
      newest = entry.path();
    }
  }
  if (newest.empty())
    throw common::NothingError(
        {.where = "nas transfer --resume",
         .what = "no unfinished transfer under " + fs::absolute(models_root()).string()});
  return newest;
}

// Train, valid and test at the input size; held-out images come from train where the dataset has no
// valid split.
data::Dataset prepare(data::Dataset dataset, const common::Options& options) {
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

void write_samples(const fs::path& folder, const data::Dataset& dataset) {
  const data::Split& from = dataset.test.count() > 0 ? dataset.test : dataset.valid;
  data::Dataset samples = dataset;
  samples.test = data::take(dataset, from, data::stratified_indices(dataset, from, kSamples, 0));
  samples.train = samples.valid = {};
  data::write_dataset(folder / "samples.h5", samples);
}

void print_plan(const fs::path& folder, const data::Dataset& dataset,
                const common::Options& options, const search_space::NetworkGraph& graph,
                at::Device device) {
  const auto settings = child_trainer::TrainSettings::from(options);
  const auto cost = search_space::cost_of(graph);
  common::log_info(fmt::format("model     {}", folder.string()));
  common::log_info(fmt::format(
      "dataset   {}{}: {} training, {} held-out, {} test images at {} px, {} classes", dataset.name,
      dataset.synthetic ? " (synthetic)" : "", dataset.train.count(), dataset.valid.count(),
      dataset.test.count(), dataset.height, dataset.class_count()));
  common::log_info(fmt::format(
      "network   {} cells a stage, {} filters: {} parameters, {} multiply-adds",
      options.integer("cells"), options.integer("filters"), common::with_commas(cost.parameters),
      common::with_unit(static_cast<double>(cost.multiply_adds))));
  const double step = child_trainer::seconds_a_step(graph, settings, device);
  const double images = static_cast<double>(dataset.train.count()) +
                        0.35 * static_cast<double>(dataset.valid.count());
  const double seconds = step / static_cast<double>(settings.batch_size) * images *
                         static_cast<double>(settings.epochs);
  const double data_bytes = static_cast<double>(
      dataset.train.images.size() + dataset.valid.images.size() + dataset.test.images.size());
  common::log_info(fmt::format("training  {} epochs, batch {}, learning rate {:g} ({})",
                               settings.epochs, settings.batch_size, settings.learning_rate,
                               options.at("epochs").origin));
  common::log_info(
      fmt::format("projected {}, {} of memory", common::duration_text(seconds),
                  common::bytes_text(training_bytes(graph, settings.batch_size, 2 * data_bytes))));
}

}  // namespace

common::Json to_json(const TransferResult& result) {
  return {{"model", result.folder.string()},     {"test", result.test},
          {"parameters", result.parameters},     {"multiply_adds", result.multiply_adds},
          {"wall_seconds", result.wall_seconds}, {"images_per_second", result.images_per_second}};
}

TransferResult transfer(common::Options options) {
  const double start = common::monotonic_seconds();
  TransferResult result;
  fs::path folder = options.text("out");
  if (options.flag("resume") && folder.empty()) folder = newest_unfinished();
  if (!folder.empty() && fs::exists(folder / "model.json")) {
    throw common::ConfigError({.where = "--out",
                               .what = "a finished model is there already",
                               .got = folder.string(),
                               .hint = "another folder"});
  }
  const at::Device device = child_trainer::find_device(options.text("device"));
  const bool resumed = !folder.empty() && fs::exists(folder / kTransferConfig);
  if (resumed) {
    options = continued_transfer(folder, options);
  } else {
    apply_transfer_preset(options, device.is_cuda());
  }
  if (options.text("dataset").empty()) {
    throw common::UsageError(
        {.where = "nas transfer", .what = "no dataset", .hint = "--dataset coastline"});
  }
  Source source;
  if (resumed) {
    source.architecture = search_space::find_architecture((folder / "architecture.json").string());
    source.provenance = common::read_json(folder / "provenance.json");
  } else {
    source = source_of(options);
  }
  const auto found = data::find_dataset(options.text("dataset"), options.text("data-dir"));
  if (!found.note.empty()) common::log_info(found.note);
  const data::Dataset dataset = prepare(data::read_dataset(found.file), options);

  child_trainer::set_threads(options.integer("threads") > 0 ? options.integer("threads")
                                                            : child_trainer::threads_a_child(1));
  child_trainer::TrainJob job{
      .architecture = source.architecture,
      .network = {.input_size = dataset.height,
                  .classes = dataset.class_count(),
                  .cells = options.integer("cells"),
                  .filters = options.integer("filters"),
                  .stem = options.text("stem"),
                  .stem_multiplier = options.number("stem-multiplier"),
                  .skip_reduction_input = options.flag("skip-reduction-input")},
      .settings = child_trainer::TrainSettings::from(options),
      .seed = static_cast<uint64_t>(options.integer("seed")),
      .time_limit = options.number("time-limit")};
  if (!options.text("init-from").empty())
    job.init_from = find_model(options.text("init-from")) / "weights.safetensors";
  auto planned = job.network;
  planned.auxiliary = job.settings.auxiliary;
  planned.dropout = job.settings.dropout;
  const auto graph = search_space::build_network(job.architecture, planned);
  if (folder.empty()) {
    const std::string name = common::utc_stamp() + "-" + dataset.name;
    folder = models_root() / name;
    for (int i = 2; fs::exists(folder); ++i) folder = models_root() / fmt::format("{}-{}", name, i);
  }
  result.folder = job.folder = folder;
  print_plan(folder, dataset, options, graph, device);
  if (options.flag("dry-run")) {
    result.dry_run = true;
    return result;
  }
  common::require_free_bytes(folder, 200e6, "nas transfer");
  common::write_file_atomically(folder / "architecture.json",
                                search_space::to_json(source.architecture).dump(2) + "\n");
  common::write_file_atomically(folder / "provenance.json", source.provenance.dump(2) + "\n");
  common::write_file_atomically(folder / kTransferConfig, options.to_toml());
  const FolderLock lock(folder);

  listen_for_stop(/*interrupts_too=*/true);
  child_trainer::Trainer trainer(dataset, device);
  common::ProgressLine line;
  child_trainer::TrainHooks hooks;
  hooks.should_stop = [] { return stop_signal() != 0; };
  hooks.on_step = [&](int64_t step, int64_t steps) {
    const double spent = common::monotonic_seconds() - start;
    line.show(fmt::format("step {} of {} ({:.0f} %), {} spent", step, steps,
                          100.0 * static_cast<double>(step) / static_cast<double>(steps),
                          common::duration_text(spent)));
  };
  hooks.on_epoch = [&](const child_trainer::EpochMetrics& m) {
    line.show(
        fmt::format("epoch {:>3} of {}: loss {:.4f}, held-out accuracy {:.4f}, {:.0f} images/s",
                    m.epoch, job.settings.epochs, m.train_loss, m.valid_accuracy,
                    m.images_per_second),
        true);
    line.finish();
  };
  const auto trained = trainer.run(job, hooks);
  line.finish();
  result.images_per_second = trained.last.images_per_second;
  result.wall_seconds = common::monotonic_seconds() - start;
  if (trained.state == child_trainer::TrainState::kStopped ||
      trained.state == child_trainer::TrainState::kTimeLimit) {
    result.stopped = true;
    return result;
  }
  if (trained.state != child_trainer::TrainState::kFinished) {
    throw common::TrialError({.where = "nas transfer",
                              .what = trained.reason,
                              .hint = trained.state == child_trainer::TrainState::kOutOfMemory
                                          ? "a smaller --batch-size, --cells or --filters"
                                          : "a smaller --lr"});
  }

  const data::Split& measured = dataset.test.count() > 0 ? dataset.test : dataset.valid;
  if (dataset.test.count() == 0)
    common::log_warning("the dataset has no test images: the held-out ones are measured");
  const auto metrics = trainer.evaluate(measured);
  Model model{.folder = folder,
              .architecture = job.architecture,
              .network = job.network,
              .dataset = dataset.name,
              .labels = dataset.class_names,
              .task = dataset.task,
              .synthetic = dataset.synthetic};
  model.normalisation = child_trainer::measure_normalisation(dataset, dataset.train);
  model.weights = child_trainer::store_tensors(trainer.network()->state(false));
  model.provenance = source.provenance;
  model.provenance["seed"] = job.seed;
  model.provenance["dataset_sha256"] = data::read_dataset_info(found.file).sha256;
  model.provenance["dataset"] = dataset.provenance;
  model.provenance["environment"] = environment_json();
  result.test = child_trainer::to_json(metrics, dataset.class_names);
  model.test = result.test;
  for (const char* detail : {"labels", "confusion"}) model.test.erase(detail);
  const auto cost = search_space::cost_of(graph);
  result.parameters = cost.parameters;
  result.multiply_adds = cost.multiply_adds;
  common::write_file_atomically(folder / "evaluation.json", result.test.dump(2) + "\n");
  write_samples(folder, dataset);
  write_model(model);
  write_model_report(model, metrics, cost.parameters, cost.multiply_adds);
  child_trainer::remove_checkpoint(folder);
  result.test = model.test;
  return result;
}

}  // namespace nas::engine
