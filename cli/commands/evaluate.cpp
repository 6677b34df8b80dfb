// nas evaluate: measures a model on a dataset's test images.
#include <fmt/format.h>

#include "child_trainer/device.h"
#include "child_trainer/metrics.h"
#include "cli/command.h"
#include "common/log.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
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

int run(Arguments& arguments) {
  const auto& given = arguments.options;
  const auto model = engine::read_model(given.text("model"));
  const std::string name = given.text("dataset").empty() ? model.dataset : given.text("dataset");
  const auto found = data::find_dataset(name, given.text("data-dir"));
  if (!found.note.empty()) common::log_info(found.note);
  const auto dataset = engine::dataset_for(model, data::read_dataset(found.file));
  const bool has_test = dataset.test.count() > 0;
  if (!has_test)
    common::log_warning("the dataset has no test images: its held-out ones are measured");
  const data::Split& split = has_test ? dataset.test : dataset.valid;
  if (split.count() == 0)
    throw common::DataError(
        {.where = "nas evaluate", .what = "the dataset has no test images", .got = name});
  engine::Predictor predictor(model, child_trainer::find_device(given.text("device")));
  const auto metrics = child_trainer::measure(dataset, split, predictor.scores(dataset, split));
  if (given.flag("json")) {
    common::Json json = child_trainer::to_json(metrics, model.labels);
    json["model"] = model.folder.string();
    json["dataset"] = name;
    fmt::print("{}\n", json.dump());
    return common::kExitDone;
  }
  fmt::print("model     {}\ndataset   {}{}, {} images\n", model.folder.string(), name,
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
