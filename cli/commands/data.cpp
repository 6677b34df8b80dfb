// nas data import | info | fetch | make: datasets.
#include <fmt/format.h>

#include "cli/command.h"
#include "common/file.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "data/fetch.h"
#include "data/importer.h"
#include "data/renderer.h"

namespace nas::cli {
namespace {

constexpr size_t kShownSkipped = 20;

common::Option data_dir_option() {
  return {.name = "data-dir",
          .value = "",
          .help =
              "Folder for datasets; by default the cache folder (searched: this, $NAS_DATA_DIR, "
              "the cache)"};
}

void print_info(const std::filesystem::path& file) {
  const auto info = data::read_dataset_info(file);
  const auto& header = info.header;
  fmt::print(
      "name        {}{}\nfile        {}\ntask        {}\nimages      {} train, {} valid, {} test, "
      "{}x{} px\n",
      header.name, header.synthetic ? " (synthetic)" : "", file.string(),
      data::task_text(header.task), common::with_commas(info.train),
      common::with_commas(info.valid), common::with_commas(info.test), header.height, header.width);
  fmt::print("classes     {}: {}\nprovenance  {}\nsha256      {}\n", header.class_count(),
             common::join(header.class_names, ", "), header.provenance, info.sha256);
}

std::vector<double> parse_split(const std::string& text) {
  std::vector<double> weights;
  for (const auto& part : common::split(text, ',')) {
    char* end = nullptr;
    weights.push_back(std::strtod(part.c_str(), &end));
    if (part.empty() || *end != '\0' || weights.back() < 0) weights.clear();
    if (weights.empty()) break;
  }
  if (weights.size() != 3 || weights[0] <= 0) {
    throw common::ConfigError(
        {.where = "--split",
         .what = "not a split",
         .got = "'" + text + "'",
         .expected = "three weights for train, valid and test, e.g. 80,10,10"});
  }
  return weights;
}

common::OptionList import_options() {
  return {{.name = "from", .value = "", .help = "Folder or file to import"},
          {.name = "importer", .value = "", .help = "Format; by default recognised"},
          {.name = "size",
           .value = 0,
           .help = "Side of the images: aspect kept, shorter side scaled, centre cut out; 0: the "
                   "importer's default",
           .unit = "pixels",
           .min = 0,
           .max = 4096},
          {.name = "split",
           .value = "80,10,10",
           .help = "Shares of train, valid, test, stratified; where the source has none"},
          {.name = "seed", .value = 0, .help = "Of the split", .min = 0},
          data_dir_option()};
}

int run_import(Arguments& arguments) {
  const auto& options = arguments.options;
  if (options.text("from").empty())
    throw common::UsageError(
        {.where = "nas data import", .what = "nothing to import", .hint = "--from FOLDER"});
  if (!options.text("importer").empty())
    common::Registry<data::Importer>::find(options.text("importer"));
  const auto report = data::import_dataset({.name = arguments.positionals[0],
                                            .from = options.text("from"),
                                            .size = options.integer("size"),
                                            .split = parse_split(options.text("split")),
                                            .seed = static_cast<uint64_t>(options.integer("seed"))},
                                           options.text("importer"));
  if (!report.skipped.empty()) {
    common::log_warning(
        fmt::format("{} files could not be read and were skipped:", report.skipped.size()));
    for (size_t i = 0; i < std::min(kShownSkipped, report.skipped.size()); ++i)
      common::log_warning("  " + report.skipped[i]);
    if (report.skipped.size() > kShownSkipped)
      common::log_warning(fmt::format("  and {} more", report.skipped.size() - kShownSkipped));
  }
  const auto file = data::dataset_path(arguments.positionals[0], options.text("data-dir"));
  data::write_dataset(file, report.dataset);
  print_info(file);
  return common::kExitDone;
}

int run_info(Arguments& arguments) {
  const auto found =
      data::find_dataset(arguments.positionals[0], arguments.options.text("data-dir"));
  if (!found.note.empty()) common::log_info(found.note);
  print_info(found.file);
  return common::kExitDone;
}

int run_fetch(Arguments& arguments) {
  print_info(data::fetch_dataset(data::find_download(arguments.positionals[0]),
                                 arguments.options.text("data-dir")));
  return common::kExitDone;
}

common::OptionList make_options() {
  return {{.name = "images",
           .value = data::RenderRequest().images,
           .help = "Images in all; split 80/10/10 by class",
           .min = 20,
           .max = 10000000},
          {.name = "size",
           .value = data::RenderRequest().size,
           .help = "Side of the images",
           .unit = "pixels",
           .min = 16,
           .max = 512},
          {.name = "seed", .value = 0, .help = "The same seed draws the same images", .min = 0},
          data_dir_option()};
}

int run_make(Arguments& arguments) {
  const auto& options = arguments.options;
  const auto& renderer = common::Registry<data::Renderer>::find(arguments.positionals[0]);
  const auto dataset = renderer.draw({.images = options.integer("images"),
                                      .size = options.integer("size"),
                                      .seed = static_cast<uint64_t>(options.integer("seed"))});
  const auto file = data::dataset_path(renderer.name, options.text("data-dir"));
  data::write_dataset(file, dataset);
  print_info(file);
  return common::kExitDone;
}

const common::Register<Command> kImport{
    {.name = "data import",
     .summary = "Turn a folder of images, or a known format, into a dataset",
     .usage = "NAME --from PATH [options]",
     .options = import_options,
     .run = run_import,
     .min_positionals = 1,
     .max_positionals = 1}};
const common::Register<Command> kInfo{
    {.name = "data info",
     .summary = "Say what a dataset holds",
     .usage = "NAME|FILE [options]",
     .options = [] { return common::OptionList{data_dir_option()}; },
     .run = run_info,
     .min_positionals = 1,
     .max_positionals = 1}};
const common::Register<Command> kFetch{
    {.name = "data fetch",
     .summary = "Download a public dataset: cifar10, cifar100",
     .usage = "NAME [options]",
     .options = [] { return common::OptionList{data_dir_option()}; },
     .run = run_fetch,
     .min_positionals = 1,
     .max_positionals = 1}};
const common::Register<Command> kMake{{.name = "data make",
                                       .summary = "Draw a synthetic dataset: coastline, shapes",
                                       .usage = "NAME [options]",
                                       .options = make_options,
                                       .run = run_make,
                                       .min_positionals = 1,
                                       .max_positionals = 1}};

}  // namespace
}  // namespace nas::cli
