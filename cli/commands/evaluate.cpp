// nas evaluate: measures a model on a dataset's test images.
#include <fmt/format.h>

#include "child_trainer/device.h"
#include "child_trainer/metrics.h"
#include "cli/command.h"
#include "common/log.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "engine/few_images.h"
#include "engine/model_folder.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  return {{.name = "model", .value = "", .help = "Model folder; by default the newest"},
          {.name = "dataset",
           .value = "",
           .help = "Dataset; by default the one the model was trained on"},
          {.name = "device", .value = "auto", .help = "auto | cpu | cuda | cuda:N"},
          {.name = "data-dir", .value = "", .help = "Folder that is searched for datasets first"},
          {.name = "json", .value = false, .help = "Print the result as JSON"}};
}

// A text of what is recorded of the model's training; empty when it is not.
std::string recorded(const engine::Model& model, const std::string& key) {
  const auto found = model.provenance.find(key);
  return found != model.provenance.end() && found->is_string() ? found->get<std::string>() : "";
}

// As given; else the file that the model was trained from; else the dataset of that name.
data::FoundDataset dataset_to_measure(const engine::Model& model, const common::Options& given) {
  const std::string data_dir = given.text("data-dir");
  if (const auto name = given.text("dataset"); !name.empty())
    return data::find_dataset(name, data_dir);
  const std::string file = recorded(model, "dataset_file");
  if (std::filesystem::exists(file)) return data::find_dataset(file, data_dir);
  try {
    return data::find_dataset(model.dataset, data_dir);
  } catch (const common::DataError&) {
    if (file.empty()) throw;
    throw common::DataError({.where = "nas evaluate",
                             .what = "the dataset file that the model was trained from is gone",
                             .got = file,
                             .hint = "--dataset FILE"});
  }
}

void warn_of_other_images(const engine::Model& model, const std::filesystem::path& file) {
  const std::string trained = recorded(model, "dataset_sha256");
  const std::string measured = data::read_dataset_info(file).sha256;
  if (trained.empty() || measured.empty() || trained == measured) return;
  common::log_warning(file.string() +
                      " has other images than the dataset that the model was trained from: some of "
                      "these may have been trained on");
}

int run(Arguments& arguments) {
  const auto& given = arguments.options;
  const auto model = engine::read_model(given.text("model"));
  const auto found = dataset_to_measure(model, given);
  if (!found.note.empty()) common::log_info(found.note);
  const auto dataset = engine::dataset_for(model, data::read_dataset(found.file));
  warn_of_other_images(model, found.file);
  const bool has_test = dataset.test.count() > 0;
  const data::Split& split = has_test ? dataset.test : dataset.valid;
  if (split.count() == 0)
    throw common::DataError(
        {.where = found.file.string(), .what = "the dataset has no test images"});
  if (!has_test)
    common::log_warning("the dataset has no test images: its held-out ones are measured");
  engine::warn_of_few_images(has_test ? "test" : "held-out", dataset, split);
  engine::Predictor predictor(model, child_trainer::find_device(given.text("device")));
  const auto metrics = child_trainer::measure(dataset, split, predictor.scores(dataset, split));
  if (given.flag("json")) {
    common::Json json = child_trainer::to_json(metrics, model.labels);
    json["model"] = model.folder.string();
    json["dataset"] = dataset.name;
    json["dataset_file"] = found.file.string();
    fmt::print("{}\n", json.dump());
    return common::kExitDone;
  }
  fmt::print("model     {}\ndataset   {}{}, {} images\n", model.folder.string(), dataset.name,
             dataset.synthetic ? " (synthetic)" : "", metrics.images);
  fmt::print("accuracy  {:.4f}\nlog loss  {:.4f}\nAUC-PRC   {:.4f}\nAUC-ROC   {:.4f}\n\n",
             metrics.accuracy, metrics.log_loss, metrics.auc_prc, metrics.auc_roc);
  fmt::print("{:<45}{:>8}{:>11}{:>8}{:>8}\n", "label", "images", "precision", "recall", "F1");
  for (size_t k = 0; k < metrics.labels.size(); ++k) {
    const auto& label = metrics.labels[k];
    fmt::print("{:<45}{:>8}{:>11.3f}{:>8.3f}{:>8.3f}\n", model.labels[k], label.images,
               label.precision, label.recall, label.f1);
  }
  return common::kExitDone;
}

const common::Register<Command> kRegister{{.name = "evaluate",
                                           .summary = "Measure a model on a dataset's test images",
                                           .usage = "[options]",
                                           .options = options,
                                           .run = run,
                                           .runs_networks = true}};

}  // namespace
}  // namespace nas::cli
