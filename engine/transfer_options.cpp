#include "engine/transfer_options.h"

#include "child_trainer/parallel_settings.h"
#include "engine/job_options.h"
#include "search_space/network_options.h"

namespace nas::engine {

namespace {

common::OptionList own_options() {
  using common::Lasting;
  return {
      {.name = "dataset", .value = "", .help = "Dataset: a name (`nas list datasets`) or a file"},
      {.name = "run",
       .value = "",
       .help = "Take the best architecture of this run; by default of the newest run with a "
               "finished trial"},
      {.name = "arch",
       .value = "",
       .help = "Take this architecture instead: a name, a JSON file, or a NAS-Bench-201 string"},
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
      {.name = "threads",
       .value = 0,
       .help = "Threads on the CPU, of each rank; 0: all cores, in equal parts",
       .min = 0,
       .max = 1024},
      {.name = "ranks",
       .value = 0,
       .help =
           "Processes that train together, each on its part of every batch: on the CPU, or on a "
           "GPU each; 0: one, one for each of --devices, or Slurm's tasks",
       .min = 0,
       .max = 1024,
       .lasting = Lasting::kUntilChanged},
      {.name = "devices",
       .value = std::vector<std::string>(),
       .help = "Train on these devices, with one rank each: cuda:0,cuda:1",
       .lasting = Lasting::kUntilChanged},
      {.name = "cudnn-benchmark",
       .value = false,
       .help = "On a GPU: time the algorithms for each convolution at the start and keep to the "
               "fastest; another start may round otherwise, even of the same training"},
      {.name = "rendezvous",
       .value = "",
       .help = "HOST:PORT where rank 0 listens under Slurm; by default on the step's first node",
       .lasting = Lasting::kThisCall},
      {.name = "time-limit",
       .value = 0.0,
       .help = "Stop with a checkpoint after this long; 0: never",
       .unit = "seconds",
       .min = 0,
       .lasting = Lasting::kThisCall},
      {.name = "resume",
       .value = false,
       .help = "Continue the newest unfinished transfer, or the one in --out",
       .lasting = Lasting::kThisCall},
      {.name = "out",
       .value = "",
       .help = "Model folder; by default a new one under models/",
       .lasting = Lasting::kThisCall},
  };
}

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      {"laptop",
       {{"cells", 1},
        {"filters", 16},
        {"epochs", 15},
        {"batch-size", 32},
        {"lr", 0.1},
        {"label-smoothing", 0.1}}},
      // The DARTS evaluation settings, at half their length.
      {"workstation",
       {{"cells", 6},
        {"filters", 36},
        {"epochs", 300},
        {"batch-size", 96},
        {"lr", 0.025},
        {"aux", true},
        {"drop-path", 0.2},
        {"warmup-epochs", 2},
        {"precision", "bf16"},
        {"augment", std::vector<std::string>{"pad-crop", "flip", "cutout"}}}},
  };
  return all;
}

}  // namespace

common::Options transfer_options() {
  common::Options options;
  options.declare(own_options());
  options.declare(job_options());
  options.declare(search_space::NetworkOptions{.cells = 2, .filters = 16}.options());
  options.declare(child_trainer::TrainSettings().options());
  options.declare({child_trainer::recompute_option()});
  options.declare(child_trainer::ParallelSettings().options());
  declare_presets(options, presets());
  return options;
}

}  // namespace nas::engine
