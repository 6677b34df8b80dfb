// nas dump-training: a short training for another program to repeat (scripts/compare_pytorch).
#include <fmt/format.h>

#include "child_trainer/device.h"
#include "cli/command.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "engine/training_dump.h"

namespace nas::cli {
namespace {

common::OptionList options() {
  common::Options options(search_space::NetworkOptions{.cells = 2, .filters = 16}.options());
  options.declare(
      {{.name = "arch", .value = "nasnet-a", .help = "Architecture"},
       {.name = "dataset", .value = "cifar10", .help = "Dataset: a name or a file"},
       {.name = "steps", .value = 20, .help = "Training steps", .min = 1, .max = 10000},
       {.name = "batch-size", .value = 32, .help = "Images a step", .min = 1, .max = 4096},
       {.name = "lr", .value = 0.05, .help = "Learning rate at the start", .min = 0.0, .max = 100},
       {.name = "seed", .value = 1, .help = "Of weights and batches", .min = 0},
       {.name = "threads", .value = 1, .help = "Threads", .min = 1, .max = 1024},
       {.name = "out", .value = "dump", .help = "Folder to write into"}});
  return options.all();
}

int run(Arguments& arguments) {
  const auto& given = arguments.options;
  child_trainer::set_threads(given.integer("threads"));
  const auto dataset = data::read_dataset(data::find_dataset(given.text("dataset"), "").file);
  child_trainer::TrainJob job{
      .architecture = search_space::find_architecture(given.text("arch")),
      .network = {.input_size = dataset.height,
                  .cells = given.integer("cells"),
                  .filters = given.integer("filters"),
                  .stem = given.text("stem"),
                  .stem_multiplier = given.number("stem-multiplier"),
                  .skip_reduction_input = given.flag("skip-reduction-input")},
      .settings = {},
      .seed = static_cast<uint64_t>(given.integer("seed")),
      .folder = given.text("out")};
  job.settings.batch_size = given.integer("batch-size");
  job.settings.learning_rate = given.number("lr");
  engine::dump_training(dataset, job, given.integer("steps"));
  fmt::print("wrote {}\n", given.text("out"));
  return common::kExitDone;
}

const common::Register<Command> kRegister{
    {.name = "dump-training",
     .summary = "Write a short training down for another program to repeat",
     .usage = "[options]",
     .options = options,
     .run = run,
     .hidden = true}};

}  // namespace
}  // namespace nas::cli
