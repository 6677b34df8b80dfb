// What people read of a model: nas evaluate, predict and export, of one label an image and of
// several. What they print as JSON is the measure.
#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "common/json.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "data/image_codec.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using Catch::Matchers::WithinAbs;
using common::Json;

std::string printed(const fs::path& dir, const std::vector<std::string>& words) {
  const ProgramResult result = run_program(words, dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

Json printed_json(const fs::path& dir, std::vector<std::string> words) {
  words.emplace_back("--json");
  return common::parse_json(printed(dir, words), words[0]);
}

// dir/models/m, trained on `dataset` (a name or a file), and what nas transfer said.
std::string make_model(const fs::path& dir, const std::string& dataset) {
  const ProgramResult made = run_program(
      {"transfer", "--dataset", dataset, "--arch",
       "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|", "--cells", "1", "--filters", "4",
       "--epochs", "1", "--batch-size", "16", "--threads", "1", "--out", "models/m"},
      dir);
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK_THAT(made.out, StartsWith("test accuracy  0.") || StartsWith("test accuracy  1."));
  return made.err;
}

void write_picture(const fs::path& path) {
  data::Image image = {.height = 20, .width = 30, .pixels = {}};
  for (int i = 0; i < 1800; ++i) image.pixels.push_back(static_cast<uint8_t>(i * 7 % 256));
  data::write_png(path, image);
}

// The table of nas evaluate has a row for each label, of the numbers in the JSON.
void check_evaluation(const std::string& text, const Json& json) {
  for (const auto& [name, key] :
       std::vector<std::pair<std::string, std::string>>{{"accuracy  ", "accuracy"},
                                                        {"log loss  ", "log_loss"},
                                                        {"AUC-PRC   ", "auc_prc"},
                                                        {"AUC-ROC   ", "auc_roc"}}) {
    CHECK_THAT(text,
               ContainsSubstring(fmt::format("\n{}{:.4f}\n", name, json.at(key).get<double>())));
  }
  for (const auto& label : json.at("labels")) {
    CHECK_THAT(text,
               ContainsSubstring(fmt::format(
                   "\n{:<45}{:>8}{:>11.3f}{:>8.3f}{:>8.3f}\n", label.at("name").get<std::string>(),
                   label.at("images").get<int>(), label.at("precision").get<double>(),
                   label.at("recall").get<double>(), label.at("f1").get<double>())));
  }
}

TEST_CASE("model: evaluation, predictions and exports as people read them", "[cli]") {
  const TempDir dir;
  printed(dir.path(), {"data", "make", "shapes", "--images", "40", "--size", "16"});
  make_model(dir.path(), "shapes");

  const std::string evaluated = printed(dir.path(), {"evaluate"});
  const Json json = printed_json(dir.path(), {"evaluate"});
  CHECK_THAT(evaluated, StartsWith(fmt::format("model     models/m\ndataset   shapes (synthetic), "
                                               "{} images\n",
                                               json.at("images").get<int>())));
  CHECK(json.at("labels").size() == 10);
  check_evaluation(evaluated, json);

  write_picture(dir.path() / "a.png");
  std::string line = "a.png:";  // the best three
  const Json labels = printed_json(dir.path(), {"predict", "a.png"}).at("labels");
  REQUIRE(labels.size() == 10);
  for (size_t i = 0; i < 3; ++i) {
    line += fmt::format("  {} {:.3f}", labels[i].at("name").get<std::string>(),
                        labels[i].at("score").get<double>());
  }
  CHECK(printed(dir.path(), {"predict", "a.png"}) == line + "\n");

  for (const auto& [format, file] : std::vector<std::pair<std::string, std::string>>{
           {"onnx", "model.onnx"}, {"torchscript", "model.pt"}}) {
    const std::string path = "models/m/export/" + format + "/" + file;
    const std::string exported = printed(dir.path(), {"export", "--format", format});
    CHECK_THAT(exported, StartsWith("wrote   " + path + "\nparity  ") &&
                             ContainsSubstring("same top label on all"));
    CHECK(fs::file_size(dir.path() / path) > 0);
  }
}

TEST_CASE("model: of several labels an image it is trained, measured, asked and exported",
          "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(20, 4, 4, 8, data::Task::kMultiLabel));
  make_model(dir.path(), "data.h5");
  const Json model = common::read_json(dir.path() / "models" / "m" / "model.json");
  CHECK(model.at("task").get<std::string>() == "multi-label");
  const Json json = printed_json(dir.path(), {"evaluate"});
  CHECK(json.at("images").get<int>() == 12);
  for (const char* key : {"accuracy", "log_loss", "auc_prc"})
    CHECK_THAT(json.at(key).get<double>(), WithinAbs(model.at("test").at(key).get<double>(), 1e-5));
  int64_t labelled = 0;
  for (const auto& label : json.at("labels")) labelled += label.at("images").get<int64_t>();
  CHECK(labelled > 12);  // an image counts for each of its labels
  check_evaluation(printed(dir.path(), {"evaluate"}), json);

  write_picture(dir.path() / "a.png");
  double sum = 0;
  double last = 1;
  for (const auto& label : printed_json(dir.path(), {"predict", "a.png"}).at("labels")) {
    const auto score = label.at("score").get<double>();
    CHECK(score > 0);
    CHECK(score <= last);
    last = score;
    sum += score;
  }
  CHECK(std::abs(sum - 1) > 1e-3);  // each label has a probability of its own
  const Json exported = printed_json(dir.path(), {"export"});
  CHECK(exported.at("checked").get<bool>());
  CHECK(exported.at("images").get<int>() == 12);
}

TEST_CASE("model: without test images the held-out ones are measured", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(20, 4, 0));
  const std::string said = "the dataset has no test images";
  CHECK_THAT(make_model(dir.path(), "data.h5"), ContainsSubstring(said));
  const ProgramResult evaluated = run_program({"evaluate"}, dir.path());
  CHECK(evaluated.exit_code == 0);
  CHECK_THAT(evaluated.out, ContainsSubstring("dataset   noise, 12 images\n"));
  CHECK_THAT(evaluated.err, ContainsSubstring(said + ": its held-out ones"));

  data::write_dataset(dir.path() / "train.h5", noise_dataset(20, 0, 0));
  const ProgramResult nothing = run_program({"evaluate", "--dataset", "train.h5"}, dir.path());
  CHECK(nothing.exit_code == 3);
  CHECK(nothing.out.empty());
  CHECK_THAT(nothing.err, ContainsSubstring("train.h5") && ContainsSubstring(said));
}

}  // namespace
}  // namespace nas::tests
