#include "engine/score_bench.h"

#include <algorithm>

#include "child_trainer/device.h"
#include "child_trainer/score.h"
#include "common/error.h"
#include "common/log.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "engine/table_file.h"
#include "search_space/network_family.h"

namespace nas::engine {

namespace {

using child_trainer::Score;
using Numbers = std::vector<double>;

common::OptionList own_score_options() {
  return {
      {.name = "table", .value = "", .help = "CSV with an `arch` column and what they are worth"},
      {.name = "column",
       .value = "",
       .help = "Column that the scores should agree with; by default the first besides `arch`"},
      {.name = "sample",
       .value = 200,
       .help = "Architectures, drawn at random from the table",
       .min = kFewestRanked,
       .max = 10000000},
      {.name = "scores",
       .value = std::vector<std::string>(),
       .help = "Scores to compute; by default all"},
      {.name = "dataset", .value = "cifar10", .help = "Dataset: a name or a file"},
      {.name = "data-dir", .value = "", .help = "Folder that is searched for datasets first"},
      {.name = "input-size",
       .value = 0,
       .help = "Side to which the images are scaled; 0: as they are",
       .unit = "pixels",
       .min = 0,
       .max = 1024},
      {.name = "batch-size",
       .value = 64,
       .help = "Training images that a score sees",
       .min = 2,
       .max = 4096},
      {.name = "seed", .value = 1, .help = "Of sample, batch and weights", .min = 0},
      {.name = "threads", .value = 1, .help = "Threads", .min = 1, .max = 1024},
      {.name = "device", .value = "auto", .help = "auto | cpu | cuda | cuda:N"},
      {.name = "json", .value = false, .help = "Print the rows as a JSON list"}};
}

std::vector<const Score*> chosen_scores(const common::Options& options) {
  using Registered = common::Registry<Score>;
  std::vector<std::string> names = options.list("scores");
  if (names.empty()) names = Registered::names();
  std::vector<const Score*> scores;
  for (const auto& name : names) scores.push_back(&Registered::find(name));
  return scores;
}

struct Sample {
  std::vector<search_space::Architecture> architectures;
  Numbers worth;
};

Sample drawn_sample(const common::Options& options, uint64_t seed) {
  const std::string file = options.text("table");
  if (file.empty()) {
    throw common::UsageError(
        {.where = "nas bench scores", .what = "no architectures", .hint = "--table FILE"});
  }
  const Table table = read_table(file, {{.option = "--column", .name = options.text("column")}});
  const auto rows = static_cast<int64_t>(table.architectures.size());
  if (rows < kFewestRanked) {
    throw common::DataError({.where = file,
                             .what = "too few architectures for a rank correlation",
                             .got = std::to_string(rows),
                             .expected = std::to_string(kFewestRanked) + " or more"});
  }
  auto drawn = common::RandomStream({.seed = seed, .purpose = "bench scores"}).permutation(rows);
  drawn.resize(static_cast<size_t>(std::min(rows, options.integer("sample"))));
  Sample sample;
  for (const int64_t row : drawn) {
    const auto i = static_cast<size_t>(row);
    try {
      sample.architectures.push_back(search_space::find_architecture(table.architectures[i]));
    } catch (const common::Error& error) {
      throw common::DataError({.where = table.place(i), .what = error.what()});
    }
    sample.worth.push_back(table.values[0][i]);
  }
  return sample;
}

data::Dataset wanted_dataset(const common::Options& options) {
  const auto found = data::find_dataset(options.text("dataset"), options.text("data-dir"));
  if (!found.note.empty()) common::log_info(found.note);
  auto dataset = data::read_dataset(found.file);
  const int64_t size = options.integer("input-size");
  return size == 0 || size == dataset.height ? dataset : data::resized(dataset, size);
}

child_trainer::Batch drawn_batch(const data::Dataset& dataset, int64_t images, uint64_t seed,
                                 at::Device device) {
  if (dataset.train.count() < 2)
    throw common::DataError({.where = dataset.name, .what = "too few training images for scores"});
  const auto normalisation = child_trainer::measure_normalisation(dataset, dataset.train);
  const child_trainer::DeviceSplit split(dataset, dataset.train, normalisation, device);
  return child_trainer::EpochBatches(split, images, {}, {.seed = seed}).get(0);
}

}  // namespace

common::Json to_json(const ScoreBenchRow& row) {
  common::Json json = {{"score", row.score}, {"networks", row.networks}, {"seconds", row.seconds}};
  json.update(to_json(row.agreement));
  return json;
}

common::Options score_bench_options() {
  common::Options options(own_score_options());
  options.declare(search_space::NetworkOptions{.cells = 5, .filters = 16}.options());
  return options;
}

std::vector<ScoreBenchRow> bench_scores(
    const common::Options& options, const std::function<void(int64_t done, int64_t count)>& show) {
  const auto scores = chosen_scores(options);
  const auto seed = static_cast<uint64_t>(options.integer("seed"));
  const Sample sample = drawn_sample(options, seed);
  child_trainer::set_threads(options.integer("threads"));
  const auto device = child_trainer::find_device(options.text("device"));
  const auto dataset = wanted_dataset(options);
  const auto batch = drawn_batch(dataset, options.integer("batch-size"), seed, device);
  auto network_options = search_space::NetworkOptions::from(options);
  network_options.input_size = dataset.height;
  network_options.classes = dataset.class_count();

  std::vector<Numbers> values(scores.size());
  Numbers seconds(scores.size());
  const auto count = static_cast<int64_t>(sample.architectures.size());
  int64_t done = 0;
  show(done, count);
  for (const auto& architecture : sample.architectures) {
    child_trainer::Network network(search_space::build_network(architecture, network_options),
                                   device, {.seed = seed});
    for (size_t i = 0; i < scores.size(); ++i) {
      const double start = common::monotonic_seconds();
      values[i].push_back(child_trainer::compute_score(*scores[i], network, batch));
      seconds[i] += (common::monotonic_seconds() - start) / static_cast<double>(count);
    }
    show(++done, count);
  }

  std::vector<ScoreBenchRow> rows;
  for (size_t i = 0; i < scores.size(); ++i) {
    rows.push_back({.score = scores[i]->name,
                    .networks = count,
                    .agreement = rank_agreement(values[i], sample.worth, seed),
                    .seconds = seconds[i]});
  }
  return rows;
}

}  // namespace nas::engine
