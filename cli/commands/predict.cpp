// nas predict: labels image files.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "child_trainer/device.h"
#include "cli/command.h"
#include "common/log.h"
#include "data/image_codec.h"
#include "engine/model_folder.h"

namespace nas::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBatch = 250;
constexpr size_t kShownLabels = 3;

common::OptionList options() {
  return {{.name = "model", .value = "", .help = "Model folder; by default the newest"},
          {.name = "device", .value = "auto", .help = "auto | cpu | cuda | cuda:N"},
          {.name = "json",
           .value = false,
           .help = "Print a line of JSON an image, all labels, best first"}};
}

std::vector<fs::path> files_of(const std::vector<std::string>& words) {
  std::vector<fs::path> files;
  for (const auto& word : words) {
    if (!fs::is_directory(word)) {
      files.emplace_back(word);
      continue;
    }
    std::vector<fs::path> inside;
    for (const auto& entry : fs::recursive_directory_iterator(word)) {
      if (entry.is_regular_file() && data::is_image_name(entry.path()))
        inside.push_back(entry.path());
    }
    if (inside.empty())
      throw common::DataError({.where = "nas predict", .what = "no image in " + word});
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

void print(const std::string& file, const float* scores, const std::vector<std::string>& labels,
           bool as_json) {
  std::vector<size_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  if (!as_json) {
    std::string line = file + ":";
    for (size_t i = 0; i < std::min(kShownLabels, order.size()); ++i)
      line += fmt::format("  {} {:.3f}", labels[order[i]], scores[order[i]]);
    fmt::print("{}\n", line);
    return;
  }
  common::Json json = {{"image", file}, {"labels", common::Json::array()}};
  for (const size_t k : order)
    json["labels"].push_back({{"name", labels[k]}, {"score", scores[k]}});
  fmt::print("{}\n", json.dump(-1, ' ', false, common::Json::error_handler_t::replace));
}

int run(Arguments& arguments) {
  const auto model = engine::read_model(arguments.options.text("model"));
  const auto files = files_of(arguments.positionals);
  engine::Predictor predictor(model, child_trainer::find_device(arguments.options.text("device")));
  data::Dataset header{.name = "predict",
                       .task = model.task,
                       .class_names = model.labels,
                       .height = model.network.input_size,
                       .width = model.network.input_size};
  int64_t unreadable = 0;
  for (size_t begin = 0; begin < files.size(); begin += kBatch) {
    data::Split batch;
    std::vector<uint8_t> pixels;
    for (size_t i = begin; i < std::min(begin + kBatch, files.size()); ++i) {
      try {
        const auto image = data::read_image(files[i], model.network.input_size);
        pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
        batch.ids.push_back(files[i].string());
        batch.labels.push_back(0);
      } catch (const common::DataError& error) {
        common::log_error(error.what());
        ++unreadable;
      }
    }
    if (model.task == data::Task::kMultiLabel)
      batch.label_matrix.assign(batch.ids.size() * model.labels.size(), 0);
    if (batch.count() == 0) continue;
    batch.images = std::move(pixels);
    const auto scores = predictor.scores(header, batch);
    for (size_t i = 0; i < batch.ids.size(); ++i)
      print(batch.ids[i], scores.data() + i * model.labels.size(), model.labels,
            arguments.options.flag("json"));
  }
  if (unreadable > 0) {
    throw common::DataError(
        {.where = "nas predict",
         .what = fmt::format("{} of {} images could not be read", unreadable, files.size())});
  }
  return common::kExitDone;
}

const common::Register<Command> kRegister{{.name = "predict",
                                           .summary = "Label image files with a trained model",
                                           .usage = "FILE|DIR… [options]",
                                           .options = options,
                                           .run = run,
                                           .min_positionals = 1,
                                           .max_positionals = 1000000,
                                           .runs_networks = true}};

}  // namespace
}  // namespace nas::cli
