// nas data import | info | fetch | make: datasets.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "cli/command.h"
#include "common/error.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/dataset_lookup.h"
#include "data/drawn_dataset.h"
#include "data/fetch.h"
#include "data/image_codec.h"
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

common::Option replace_option() {
  return {
      .name = "replace",
      .value = false,
      .help = "Replace a dataset of that name; the old one stays until the new one is complete"};
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
  const auto images = static_cast<double>(info.train + info.valid + info.test);
  fmt::print("stored as   {}: {} on disk, {} in memory\n", info.encoding,
             common::bytes_text(static_cast<double>(std::filesystem::file_size(file))),
             common::bytes_text(images * static_cast<double>(header.image_bytes())));
}

// For a dataset that is new in `file`: says so where its name stands for another one.
void print_new(const std::string& name, const std::string& data_dir,
               const std::filesystem::path& file) {
  print_info(file);
  std::error_code error;
  const auto found = data::find_dataset(name, data_dir).file;
  if (std::filesystem::equivalent(found, file, error)) return;
  common::log_warning(
      fmt::format("the name {} stands for {}, which is found first", name, found.string()));
}

std::vector<double> parse_split(const std::string& text) {
  std::vector<double> weights;
  for (const auto& part : common::split(text, ',')) {
    char* end = nullptr;
    weights.push_back(std::strtod(part.c_str(), &end));
    const bool is_weight = !part.empty() && *end == '\0' && std::isfinite(weights.back());
    if (!is_weight || weights.back() < 0) weights.clear();
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
  return {
      {.name = "from", .value = "", .help = "Folder or file to import"},
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
      {.name = "encoding",
       .value = "none",
       .help = "Store each image as PNG (lossless) or JPEG (quality 95): a smaller file, decoded "
               "whenever it is read",
       .choices = data::encoding_names()},
      replace_option(),
      data_dir_option()};
}

int run_import(Arguments& arguments) {
  const auto& options = arguments.options;
  if (options.text("from").empty())
    throw common::UsageError(
        {.where = "nas data import", .what = "nothing to import", .hint = "--from FOLDER"});
  if (!options.text("importer").empty())
    common::Registry<data::Importer>::find(options.text("importer"));
  const auto& name = arguments.positionals[0];
  const data::ImportRequest request = {.name = name,
                                       .from = options.text("from"),
                                       .size = options.integer("size"),
                                       .split = parse_split(options.text("split")),
                                       .seed = static_cast<uint64_t>(options.integer("seed"))};
  const auto file = data::place_for_dataset(name, options.text("data-dir"), options.flag("replace"),
                                            request.from);
  auto report = data::import_dataset(request, options.text("importer"));
  if (!report.skipped.empty()) {
    common::log_warning(
        fmt::format("{} files could not be read and were skipped:", report.skipped.size()));
    for (size_t i = 0; i < std::min(kShownSkipped, report.skipped.size()); ++i)
      common::log_warning("  " + report.skipped[i]);
    if (report.skipped.size() > kShownSkipped)
      common::log_warning(fmt::format("  and {} more", report.skipped.size() - kShownSkipped));
  }
  data::write_dataset(file, report.dataset, data::encoding_of(options.text("encoding")));
  print_new(name, options.text("data-dir"), file);
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
  const auto& download = data::find_download(arguments.positionals[0]);
  const auto data_dir = arguments.options.text("data-dir");
  print_new(download.name, data_dir,
            data::fetch_dataset(download, data_dir, arguments.options.flag("replace")));
  return common::kExitDone;
}

common::OptionList make_options() {
  return {{.name = "images",
           .value = data::RenderRequest().images,
           .help = "Images in all; split 80/10/10 by class",
           .min = 20,
           .max = 1000000},
          {.name = "size",
           .value = data::RenderRequest().size,
           .help = "Side of the images",
           .unit = "pixels",
           .min = 16,
           .max = 512},
          {.name = "seed", .value = 0, .help = "The same seed draws the same images", .min = 0},
          replace_option(),
          data_dir_option()};
}

int run_make(Arguments& arguments) {
  const auto& options = arguments.options;
  const auto& renderer = common::Registry<data::Renderer>::find(arguments.positionals[0]);
  const data::RenderRequest request = {.images = options.integer("images"),
                                       .size = options.integer("size"),
                                       .seed = static_cast<uint64_t>(options.integer("seed"))};
  const auto data_dir = options.text("data-dir");
  auto file = data::dataset_path(renderer.name, data_dir);
  const bool replace = options.flag("replace");
  if (!replace && data::is_drawing(file, renderer, request)) {
    common::log_info("drawn already, with the same settings");
  } else {
    file = data::place_for_dataset(renderer.name, data_dir, replace);
    data::write_dataset(file, renderer.draw(request));
  }
  print_new(renderer.name, data_dir, file);
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
     .options =
         [] {
           return common::OptionList{replace_option(), data_dir_option()};
         },
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
