#include "engine/transfer_options.h"

#include <fmt/format.h>

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/file.h"
#include "common/text.h"

namespace nas::engine {

namespace {

common::OptionList own_options() {
  return {
      {.name = "dataset", .value = "", .help = "Dataset: a name (`nas list datasets`) or a file"},
      {.name = "run",
       .value = "",
       .help = "Take the best architecture of this run; by default of the newest run with a "
               "finished trial"},
      {.name = "arch",
       .value = "",
       .help = "Take this architecture instead: a name, a JSON file, or a NAS-Bench-201 string"},
      {.name = "preset",
       .value = "auto",
       .help = "Sizes that fit a machine; auto: by the device",
       .choices = {"auto", "laptop", "workstation"}},
      {.name = "cells", .value = 2, .help = "Normal cells a stage", .min = 1, .max = 1000},
      {.name = "filters",
       .value = 16,
       .help = "Filters of the first stage (even)",
       .min = 2,
       .max = 100000},
      {.name = "stem",
       .value = "auto",
       .help = "First layers; auto: by the input size",
       .choices = {"auto", "cifar", "strided", "imagenet"}},
      {.name = "stem-multiplier",
       .value = 3.0,
       .help = "Width of the stem over the filters (over 32 for the ImageNet stem)",
       .min = 0.1,
       .max = 100},
      {.name = "skip-reduction-input",
       .value = false,
       .help = "A reduction's output is not the next cell's previous input (NASNet large)"},
      {.name = "input-size",
       .value = 0,
       .help = "Side to which images are scaled; 0: as they are in the dataset",
       .unit = "pixels",
       .min = 0,
       .max = 4096},
      {.name = "train-images", .value = 0, .help = "Images to train on; 0: all", .min = 0},
      {.name = "init-from",
       .value = "",
       .help = "Model whose weights start the training, where name and shape agree"},
      {.name = "device", .value = "auto", .help = "auto | cpu | cuda | cuda:N"},
      {.name = "threads",
       .value = 0,
       .help = "Threads on the CPU; 0: all cores",
       .min = 0,
       .max = 1024},
      {.name = "seed", .value = 1, .help = "Everything random follows from it", .min = 0},
      {.name = "time-limit",
       .value = 0.0,
       .help = "Stop with a checkpoint after this long; 0: never",
       .unit = "seconds",
       .min = 0},
      {.name = "resume",
       .value = false,
       .help = "Continue the newest unfinished transfer, or the one in --out"},
      {.name = "out", .value = "", .help = "Model folder; by default a new one under models/"},
      {.name = "data-dir", .value = "", .help = "Folder that is searched for datasets first"},
      {.name = "dry-run", .value = false, .help = "Say what it would cost, and stop"},
      {.name = "json", .value = false, .help = "Print the result as JSON"},
  };
}

bool may_change(const std::string& name) {
  for (const char* free :
       {"device", "time-limit", "resume", "out", "json", "dry-run", "data-dir", "preset"}) {
    if (name == free) return true;
  }
  return false;
}

}  // namespace

common::Options transfer_options() {
  common::Options options;
  options.declare(own_options());
  options.declare(child_trainer::TrainSettings().options());
  return options;
}

void apply_transfer_preset(common::Options& options, bool gpu) {
  const std::string name =
      options.text("preset") == "auto" ? (gpu ? "workstation" : "laptop") : options.text("preset");
  const std::string origin = "preset " + name;
  using Values = std::vector<std::pair<const char*, common::Json>>;
  const Values laptop = {{"cells", 1},       {"filters", 16}, {"epochs", 15},
                         {"batch-size", 32}, {"lr", 0.1},     {"label-smoothing", 0.1}};
  // The DARTS evaluation settings, at half their length.
  const Values workstation = {
      {"cells", 6},          {"filters", 36},
      {"epochs", 300},       {"batch-size", 96},
      {"lr", 0.025},         {"aux", true},
      {"drop-path", 0.2},    {"warmup-epochs", 2},
      {"precision", "bf16"}, {"augment", std::vector<std::string>{"pad-crop", "flip", "cutout"}}};
  for (const auto& [option, value] : name == "laptop" ? laptop : workstation)
    options.set_default(option, value, origin);
}

common::Options continued_transfer(const std::filesystem::path& folder,
                                   const common::Options& given) {
  common::Options options = transfer_options();
  options.read_toml(common::read_file(folder / kTransferConfig),
                    (folder / kTransferConfig).string());
  std::vector<std::string> differing;
  for (const auto& option : given.all()) {
    if (option.origin == "default") continue;
    if (may_change(option.name)) {
      options.set_value(option.name, option.value, option.origin);
    } else if (option.value != options.at(option.name).value) {
      differing.push_back(fmt::format("--{} {} (it was started with {})", option.name,
                                      option.value_text(), options.at(option.name).value_text()));
    }
  }
  if (differing.empty()) return options;
  throw common::ConfigError({.where = folder.string(),
                             .what = "a transfer cannot be continued with other options",
                             .got = common::join(differing, ", "),
                             .hint = "the same options, or another --out"});
}

}  // namespace nas::engine
