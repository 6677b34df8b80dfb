#include "engine/model_folder.h"

#include <algorithm>

#include "child_trainer/evaluate.h"
#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
#include "data/image_codec.h"
#include "engine/run_folder.h"
#include "engine/transfer_options.h"

namespace nas::engine {

namespace fs = std::filesystem;
using common::Json;

namespace {

constexpr const char* kAnotherCopy =
    "the folder copied again from where it was made, or another --model";

search_space::NetworkGraph graph_of(const Model& model) {
  return search_space::inference_graph(
      search_space::build_network(model.architecture, model.network));
}

// Checked as what a transfer may be asked for, whose options these keys are.
search_space::NetworkOptions network_of(const Json& json, const std::string& where) {
  common::Options options = transfer_options();
  const auto take = [&](const Json& from, const std::string& name) {
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    const Json value = common::json_get<Json>(from, key, where);
    try {
      options.set_value(name, value, where);
    } catch (const common::ConfigError& error) {
      throw common::DataError({.where = where, .what = "key '" + key + "': " + error.what()});
    }
  };
  take(json, "input-size");
  const Json network = common::json_get<Json>(json, "network", where);
  for (const auto& option : search_space::NetworkOptions().options()) take(network, option.name);
  return search_space::NetworkOptions::from(options);
}

// Throws DataError unless `network` and `architecture` are of the network that has these weights.
void check_weights(const Model& model, const std::string& where) {
  search_space::NetworkGraph graph;
  try {
    graph = graph_of(model);
  } catch (const common::Error& error) {
    throw common::DataError(
        {.where = where, .what = std::string("no network is built like that: ") + error.what()});
  }
  const auto refuse = [&](const std::string& got) {
    throw common::DataError(
        {.where = where,
         .what =
             "keys 'network', 'labels' and 'architecture' are not of the network of its weights",
         .got = got,
         .hint = kAnotherCopy});
  };
  size_t count = 0;
  for (const auto& node : graph.nodes) {
    for (const auto* specs : {&node.parameters, &node.buffers}) {
      for (const auto& spec : *specs) {
        ++count;
        const auto found = model.weights.find(spec.name);
        if (found == model.weights.end()) refuse("no weights '" + spec.name + "'");
        if (found->second.shape != spec.shape)
          refuse("weights '" + spec.name + "' of another shape");
      }
    }
  }
  if (count != model.weights.size()) refuse("weights that belong to no layer");
}

data::Task task_of(const Json& json, const std::string& where) {
  const auto text = common::json_get<std::string>(json, "task", where);
  for (const auto task : {data::Task::kSingleLabel, data::Task::kMultiLabel}) {
    if (text == data::task_text(task)) return task;
  }
  throw common::DataError({.where = where,
                           .what = "unknown task",
                           .got = "'" + text + "'",
                           .expected = "single-label or multi-label"});
}

child_trainer::Normalisation normalisation_of(const Json& json, const std::string& where) {
  child_trainer::Normalisation normalisation{
      .mean = common::json_get<std::vector<double>>(json, "mean", where),
      .std_dev = common::json_get<std::vector<double>>(json, "std", where)};
  const bool positive = std::all_of(normalisation.std_dev.begin(), normalisation.std_dev.end(),
                                    [](double value) { return value > 0; });
  if (normalisation.mean.size() != 3 || normalisation.std_dev.size() != 3 || !positive) {
    throw common::DataError({.where = where,
                             .what = "mean or std is not that of a colour image",
                             .expected = "three numbers each, those of std above 0"});
  }
  return normalisation;
}

}  // namespace

void write_model(const Model& model) {
  common::TensorFile file;
  file.tensors = model.weights;
  file.metadata = {{"format", "nas-model"}};
  const fs::path weights = model.folder / "weights.safetensors";
  common::write_safetensors(weights, file);
  const Json json = {{"format", "nas-model"},
                     {"version", kModelVersion},
                     {"dataset", model.dataset},
                     {"task", data::task_text(model.task)},
                     {"synthetic", model.synthetic},
                     {"labels", model.labels},
                     {"input_size", model.network.input_size},
                     {"resize", data::kResizeRule},
                     {"mean", model.normalisation.mean},
                     {"std", model.normalisation.std_dev},
                     {"network",
                      {{"cells", model.network.cells},
                       {"filters", model.network.filters},
                       {"stem", search_space::stem_for(model.network)},
                       {"stem_multiplier", model.network.stem_multiplier},
                       {"skip_reduction_input", model.network.skip_reduction_input}}},
                     {"architecture", search_space::to_json(model.architecture)},
                     {"test", model.test},
                     {"provenance", model.provenance},
                     {"weights_sha256", common::sha256_of_file(weights)}};
  common::write_file_atomically(model.folder / "model.json", json.dump(2) + "\n");
}

std::vector<fs::path> list_models() { return folders_by_age(models_root(), "model.json"); }

std::vector<fs::path> unfinished_transfers() {
  auto folders = folders_by_age(models_root(), kTransferConfig);
  std::erase_if(folders, [](const fs::path& path) { return fs::exists(path / "model.json"); });
  return folders;
}

fs::path find_model(const std::string& text) {
  if (text.empty() || text == "latest") {
    const auto models = list_models();
    if (models.empty()) {
      throw common::NothingError({.where = "model",
                                  .what = "no model under " + fs::absolute(models_root()).string(),
                                  .hint = "nas transfer --dataset NAME"});
    }
    return models.front();
  }
  for (const fs::path& path : {fs::path(text), models_root() / text}) {
    if (fs::exists(path / "model.json")) return path;
  }
  throw common::NothingError({.where = "model",
                              .what = "no model in '" + text + "'",
                              .got = "no model.json in " + fs::absolute(text).string() + " or " +
                                     fs::absolute(models_root() / text).string(),
                              .expected = "a model folder, its name, or latest",
                              .hint = "nas list models"});
}

Model read_model(const std::string& text) {
  Model model{.folder = find_model(text)};
  const std::string where = (model.folder / "model.json").string();
  const Json json = common::read_json(where);
  if (!json.is_object() || json.value("format", Json()) != "nas-model")
    throw common::DataError({.where = where, .what = "not a model of nas"});
  if (const int version = common::json_get<int>(json, "version", where); version != kModelVersion) {
    throw common::DataError({.where = where,
                             .what = "another format version",
                             .got = std::to_string(version),
                             .expected = std::to_string(kModelVersion)});
  }
  model.architecture = search_space::architecture_from_json(
      common::json_get<Json>(json, "architecture", where), where);
  model.labels = common::json_get<std::vector<std::string>>(json, "labels", where);
  model.network = network_of(json, where);
  model.network.classes = static_cast<int64_t>(model.labels.size());
  model.dataset = common::json_get<std::string>(json, "dataset", where);
  model.task = task_of(json, where);
  model.synthetic = common::json_get<bool>(json, "synthetic", where);
  model.normalisation = normalisation_of(json, where);
  model.test = common::json_get<Json>(json, "test", where);
  model.provenance = common::json_get<Json>(json, "provenance", where);
  const fs::path weights = model.folder / "weights.safetensors";
  if (common::sha256_of_file(weights) !=
      common::json_get<std::string>(json, "weights_sha256", where)) {
    throw common::DataError(
        {.where = weights.string(),
         .what = "the weights do not match model.json (damaged, or of another model)",
         .hint = kAnotherCopy});
  }
  model.weights = common::read_safetensors(weights).tensors;
  check_weights(model, where);
  return model;
}

exporting::ExportModel export_model_of(const Model& model) {
  exporting::ExportModel exported{.name = model.dataset,
                                  .graph = graph_of(model),
                                  .weights = model.weights,
                                  .labels = model.labels,
                                  .task = model.task,
                                  .input_size = model.network.input_size,
                                  .mean = model.normalisation.mean,
                                  .std_dev = model.normalisation.std_dev,
                                  .metadata = {}};
  exported.metadata = {{"labels", Json(model.labels).dump()},
                       {"input_size", std::to_string(model.network.input_size)},
                       {"resize", data::kResizeRule},
                       {"architecture", search_space::to_json(model.architecture).dump()},
                       {"synthetic", model.synthetic ? "true" : "false"},
                       {"provenance", model.provenance.dump()}};
  return exported;
}

Predictor::Predictor(const Model& model, at::Device device)
    : network_(graph_of(model), device, {}), normalisation_(model.normalisation), device_(device) {
  child_trainer::copy_into(network_.state(false), model.weights,
                           (model.folder / "weights.safetensors").string());
}

std::vector<float> Predictor::scores(const data::Dataset& dataset, const data::Split& split) {
  const child_trainer::DeviceSplit on_device(dataset, split, normalisation_, device_);
  return child_trainer::scores_of(network_, on_device);
}

data::Dataset dataset_for(const Model& model, const data::Dataset& dataset) {
  if (dataset.class_names != model.labels || dataset.task != model.task) {
    throw common::DataError({.where = "dataset " + dataset.name,
                             .what = "its classes are not the model's",
                             .got = common::join(dataset.class_names, ", "),
                             .expected = common::join(model.labels, ", ")});
  }
  return dataset.height == model.network.input_size && dataset.width == model.network.input_size
             ? dataset
             : data::resized(dataset, model.network.input_size);
}

}  // namespace nas::engine
