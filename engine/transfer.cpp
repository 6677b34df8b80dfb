#include "engine/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "child_trainer/checkpoint.h"
#include "child_trainer/device.h"
#include "child_trainer/step_timer.h"
#include "common/error.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "engine/choose_precision.h"
#include "engine/few_images.h"
#include "engine/job_options.h"
#include "engine/projection.h"
#include "engine/report.h"
#include "engine/run_folder.h"
#include "engine/signals.h"
#include "engine/transfer_job.h"
#include "engine/transfer_options.h"
#include "engine/transfer_ranks.h"
#include "engine/transfer_source.h"
#include "search_space/cost.h"

namespace nas::engine {

namespace fs = std::filesystem;

namespace {

constexpr const char* kProvenance = "provenance.json";
constexpr int64_t kSamples = 64;  // images kept in the model folder to check exports with

// --out; with --resume alone the newest unfinished transfer; empty: a new folder.
fs::path chosen_folder(const common::Options& options) {
  fs::path folder = options.text("out");
  if (!options.flag("resume")) return folder;
  for (const auto& unfinished : unfinished_transfers()) {
    if (folder.empty() && !is_locked(unfinished)) folder = unfinished;  // a locked one is running
  }
  if (!folder.empty() && fs::exists(folder / kTransferConfig)) return folder;
  const fs::path place = folder.empty() ? models_root() : folder;
  throw common::NothingError({.where = "nas transfer --resume",
                              .what = "no unfinished transfer in " + fs::absolute(place).string(),
                              .hint = "nas transfer --dataset NAME, to begin one; nas list models "
                                      "shows what there is"});
}

void refuse_finished(const fs::path& folder) {
  if (!fs::exists(folder / "model.json")) return;
  throw common::ConfigError({.where = "--out",
                             .what = "a finished model is there already",
                             .got = folder.string(),
                             .hint = "another folder"});
}

fs::path new_model_path(const std::string& dataset) {
  const std::string name = common::utc_stamp() + "-" + dataset;
  fs::path path = models_root() / name;
  for (int i = 2; fs::exists(path); ++i) path = models_root() / fmt::format("{}-{}", name, i);
  return path;
}

TransferSource begun_source(const fs::path& folder) {
  return {.architecture = search_space::find_architecture((folder / "architecture.json").string()),
          .provenance = common::read_json(folder / kProvenance)};
}

// What was tuned for the architecture, where the user gave nothing else.
void take_settings(common::Options& options, const TransferSource& source) {
  for (const auto& option : source.settings.all()) {
    if (options.is_default(option.name))
      options.set_value(option.name, option.value,
                        "run " + source.provenance.at("run").get<std::string>());
  }
}

// The images' digest, and where they came from when that was a file.
common::Json dataset_provenance(const common::Options& options, const fs::path& file) {
  common::Json json = {{"dataset_sha256", data::read_dataset_info(file).sha256}};
  if (fs::exists(options.text("dataset"))) json["dataset_file"] = fs::absolute(file).string();
  return json;
}

void write_samples(const fs::path& folder, const data::Dataset& dataset) {
  const data::Split& from = dataset.test.count() > 0 ? dataset.test : dataset.valid;
  data::Dataset samples = dataset;
  samples.test = data::take(dataset, from, data::stratified_indices(dataset, from, kSamples, 0));
  samples.train = samples.valid = {};
  data::write_dataset(folder / "samples.h5", samples);
}

// What the accuracies to come cannot tell.
void warn_of_measures(const data::Dataset& dataset) {
  if (dataset.test.count() == 0)
    common::log_warning("the dataset has no test images: the held-out ones are measured");
  warn_of_few_images("held-out", dataset, dataset.valid);
  warn_of_few_images("test", dataset, dataset.test);
}

// That a former attempt has finished.
int64_t epochs_done(const fs::path& folder) {
  const fs::path file = folder / "metrics.jsonl";
  if (!fs::exists(file)) return 0;
  const std::string lines = common::read_file(file);
  return std::count(lines.begin(), lines.end(), '\n');
}

// Returns what it projects.
TransferResult print_plan(const child_trainer::TrainJob& job, const data::Dataset& dataset,
                          const common::Options& options, const search_space::NetworkGraph& graph,
                          const TransferRanks& ranks) {
  const auto& settings = job.settings;
  const auto cost = search_space::cost_of(graph);
  common::log_info(fmt::format("model     {}", job.folder.string()));
  common::log_info(fmt::format(
      "dataset   {}{}: {} training, {} held-out, {} test images at {} px, {} classes", dataset.name,
      dataset.synthetic ? " (synthetic)" : "", dataset.train.count(), dataset.valid.count(),
      dataset.test.count(), dataset.height, dataset.class_count()));
  warn_of_measures(dataset);
  common::log_info(
      fmt::format("network   {}: {} parameters, {} multiply-adds",
                  search_space::network_size_text(job.architecture, options.integer("cells"),
                                                  options.integer("filters")),
                  common::with_commas(cost.parameters),
                  common::with_unit(static_cast<double>(cost.multiply_adds))));
  // All ranks work at once, each on its part of a batch.
  const auto part = settings_of_part(job, dataset, ranks.device(), ranks.ranks());
  const double data_bytes = static_cast<double>(
      dataset.train.images.size() + dataset.valid.images.size() + dataset.test.images.size());
  const double bytes = training_bytes(graph, part, ranks.device(), 2 * data_bytes);
  const int64_t here = std::min(ranks.ranks(), ranks.local_ranks());
  require_memory(bytes * static_cast<double>(here), ranks.device());
  const double image = child_trainer::seconds_a_step(graph, part, ranks.device()) /
                       static_cast<double>(part.batch_size * ranks.ranks());
  const int64_t done = std::min(epochs_done(job.folder), settings.epochs);
  const double seconds =
      training_seconds(image, settings.epochs - done, dataset.train.count(), dataset.valid.count());
  const auto from = [&](const char* name) { return options.at(name).origin; };
  common::log_info(fmt::format("training  {} ({}), batch {} ({}), learning rate {:g} ({})",
                               common::counted(settings.epochs, "epoch"), from("epochs"),
                               settings.batch_size, from("batch-size"), settings.learning_rate,
                               from("lr")));
  if (ranks.ranks() > 1)
    common::log_info(fmt::format("ranks     {}, {} of them here", ranks.ranks(), here));
  const std::string rest = done > 0 ? fmt::format(" for the last {}", settings.epochs - done) : "";
  common::log_info(fmt::format("projected {}{}, {} of memory{}", common::duration_text(seconds),
                               rest, common::bytes_text(bytes),
                               ranks.ranks() > 1 ? " for each rank" : ""));
  return {.folder = job.folder,
          .dry_run = true,
          .projected_seconds = seconds,
          .projected_bytes = bytes,
          .parameters = cost.parameters,
          .multiply_adds = cost.multiply_adds};
}

// Throws TrialError unless the training finished or was stopped.
child_trainer::TrainResult train(child_trainer::Trainer& trainer,
                                 const child_trainer::TrainJob& job, double start,
                                 double time_limit) {
  using child_trainer::TrainState;
  common::ProgressLine line;
  child_trainer::TrainHooks hooks;
  hooks.should_stop = [&] {
    const bool late = time_limit > 0 && common::monotonic_seconds() - start > time_limit;
    return late || stop_signal() != 0;
  };
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
  const auto result = trainer.run(job, hooks);
  line.finish();
  if (result.state == TrainState::kOutOfMemory || result.state == TrainState::kNotANumber) {
    throw common::TrialError(
        {.where = "nas transfer",
         .what = result.reason,
         .hint = result.state == TrainState::kOutOfMemory
                     ? "--recompute, a smaller --batch-size, --cells or --filters"
                     : "a smaller --lr"});
  }
  return result;
}

// Leaves the model folder; returns the metrics on the test images.
common::Json write_trained(child_trainer::Trainer& trainer, const child_trainer::TrainJob& job,
                           const TransferSource& source, const search_space::Cost& cost) {
  const data::Dataset& dataset = trainer.dataset();
  const auto metrics = trainer.evaluate(dataset.test.count() > 0 ? dataset.test : dataset.valid);
  Model model{.folder = job.folder,
              .architecture = job.architecture,
              .network = job.network,
              .dataset = dataset.name,
              .labels = dataset.class_names,
              .task = dataset.task,
              .synthetic = dataset.synthetic,
              .normalisation = child_trainer::measure_normalisation(dataset, dataset.train),
              .test = child_trainer::to_json(metrics, dataset.class_names),
              .provenance = source.provenance,
              .weights = child_trainer::store_tensors(trainer.network()->state(false))};
  common::write_file_atomically(job.folder / "evaluation.json", model.test.dump(2) + "\n");
  for (const char* detail : {"labels", "confusion"}) model.test.erase(detail);
  write_samples(job.folder, dataset);
  write_model(model);
  write_model_report(model, metrics, cost.parameters, cost.multiply_adds);
  child_trainer::remove_checkpoint(job.folder);
  return model.test;
}

// Another rank than 0, started by Slurm with the same words.
TransferResult train_along(const RankPlace& place, const common::Options& options) {
  if (options.flag("dry-run")) return {.dry_run = true, .rank = place.rank};
  const bool whole = run_transfer_rank(place, {});
  return {.stopped = !whole, .rank = place.rank};
}

}  // namespace

common::Json to_json(const TransferResult& result) {
  if (result.dry_run) {
    return {{"model", result.folder.string()},
            {"parameters", result.parameters},
            {"multiply_adds", result.multiply_adds},
            {"projected",
             {{"seconds", result.projected_seconds},
              {"bytes_a_rank", std::llround(result.projected_bytes)}}}};
  }
  return {{"model", result.folder.string()},     {"test", result.test},
          {"parameters", result.parameters},     {"multiply_adds", result.multiply_adds},
          {"wall_seconds", result.wall_seconds}, {"images_per_second", result.images_per_second}};
}

TransferResult transfer(common::Options options) {
  const double start = common::monotonic_seconds();
  // Until then nothing is lost; a step of a large network may take long.
  const auto place = slurm_place(options.text("rendezvous"));
  if (place && place->rank > 0) return train_along(*place, options);
  end_on_stop("warning: stopped before the training began; continue with the same command\n");
  fs::path folder = chosen_folder(options);
  refuse_finished(folder);
  const bool begun = !folder.empty() && fs::exists(folder / kTransferConfig);
  if (begun) {
    common::Options stored = transfer_options();
    const fs::path config = folder / kTransferConfig;
    stored.restore_toml(common::read_file(config), config.string());
    const common::Options given = options;
    options = stored.continued_with(given, folder.string());
    forget_former_ranks(options, given, place);
  }
  TransferRanks ranks(place, devices_of_ranks(options, place));
  if (options.text("dataset").empty()) {
    throw common::UsageError(
        {.where = "nas transfer", .what = "no dataset", .hint = "--dataset coastline"});
  }
  if (options.flag("inherit-weights") && !options.text("init-from").empty()) {
    throw common::ConfigError({.where = "--inherit-weights",
                               .what = "a training starts from the weights of the search or from "
                                       "those of a model",
                               .got = "--init-from " + options.text("init-from")});
  }
  TransferSource source = begun ? begun_source(folder) : transfer_source(options);
  if (!begun) {
    take_settings(options, source);
    apply_preset(options, ranks.device().is_cuda());
  }
  const auto found = data::find_dataset(options.text("dataset"), options.text("data-dir"));
  if (!found.note.empty()) common::log_info(found.note);
  const common::Json from = dataset_provenance(options, found.file);
  if (begun && source.provenance.value("dataset_sha256", "") != from["dataset_sha256"]) {
    throw common::ConfigError({.where = folder.string(),
                               .what = "the dataset is not the one that the transfer began with",
                               .got = found.file.string(),
                               .hint = "the images as they were, or a new transfer"});
  }
  source.provenance.update(from);
  if (!begun)
    source.provenance["environment"] =
        environment_json(options, child_trainer::device_text({ranks.device()}));
  const data::Dataset dataset = transfer_dataset(data::read_dataset(found.file), options);

  const int64_t threads = threads_of_rank(options, ranks.local_ranks());
  child_trainer::set_threads(threads);
  child_trainer::warn_of_threads(threads * std::min(ranks.ranks(), ranks.local_ranks()));
  child_trainer::make_cuda_deterministic(options.flag("cudnn-benchmark"));
  if (folder.empty()) folder = new_model_path(dataset.name);
  common::try_folder(folder, "--out");  // before time is spent on it
  choose_precision(options, source.architecture, dataset, ranks.device(), ranks.ranks());
  child_trainer::TrainJob job = transfer_job(options, source.architecture, dataset);
  job.parallel.check_parts(std::min(job.settings.batch_size, dataset.train.count()), ranks.ranks());
  child_trainer::check_cuda_graph(job.settings, job.parallel, ranks.device(), ranks.ranks());
  job.folder = folder;
  if (!options.text("init-from").empty())
    job.init_from = find_model(options.text("init-from")) / "weights.safetensors";
  if (options.flag("inherit-weights") && !fs::exists(folder / "checkpoint.safetensors"))
    job.init_from = source.provenance.at("weights_from").get<std::string>();
  const auto graph =
      search_space::build_network(job.architecture, job.settings.in_training(job.network));
  const TransferResult planned_result = print_plan(job, dataset, options, graph, ranks);
  if (options.flag("dry-run")) return planned_result;

  listen_for_stop(/*terminal_too=*/true);
  common::require_free_bytes(folder, 200e6, "nas transfer");
  common::make_folder(folder, "--out");
  const FolderLock lock(folder);
  refuse_finished(folder);  // another process may have held the lock until now
  common::write_file_atomically(folder / "architecture.json",
                                search_space::to_json(source.architecture).dump(2) + "\n");
  common::write_file_atomically(folder / kProvenance, source.provenance.dump(2) + "\n");
  common::write_file_atomically(folder / kTransferConfig, options.to_toml());

  const auto communicator = ranks.gather(
      folder, threads,
      transfer_plan(options, source.architecture, source.provenance.value("dataset_sha256", "")));
  child_trainer::Trainer trainer(dataset, ranks.device(), communicator);
  const auto trained = train(trainer, job, start, options.number("time-limit"));
  const auto cost = search_space::cost_of(graph);
  TransferResult result{.folder = folder,
                        .parameters = cost.parameters,
                        .multiply_adds = cost.multiply_adds,
                        .images_per_second = trained.last.images_per_second};
  if (trained.state == child_trainer::TrainState::kFinished) {
    source.provenance["seed"] = job.seed;
    source.provenance["dataset"] = dataset.provenance;
    result.test = write_trained(trainer, job, source, cost);
  } else {
    result.stopped = true;
  }
  result.wall_seconds = common::monotonic_seconds() - start;
  return result;
}

}  // namespace nas::engine
