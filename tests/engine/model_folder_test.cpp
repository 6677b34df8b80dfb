// The model folder, through the program that makes and reads it: self-contained, and refused when
// it is damaged.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <functional>

#include "common/json.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using common::Json;
using tests::ProgramResult;
using tests::run_program;
using tests::TempDir;

constexpr const char* kArchitecture =
    "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";
// Node 1 has a convolution that nothing reads: what is served has fewer weights than what was
// trained.
constexpr const char* kWithDeadNode =
    "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|";

// dir/data.h5 and dir/model, of a network of some thousand weights.
void make_model(const fs::path& dir, const std::string& architecture = kArchitecture) {
  data::write_dataset(dir / "data.h5", tests::noise_dataset(20, 4, 4));
  const ProgramResult made = run_program(
      {"transfer", "--dataset", "data.h5", "--arch", architecture, "--cells", "1", "--filters", "4",
       "--epochs", "2", "--batch-size", "16", "--threads", "1", "--out", "model", "--json"},
      dir);
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
}

ProgramResult evaluate(const fs::path& dir, const std::string& model) {
  return run_program({"evaluate", "--model", model, "--dataset", "data.h5", "--json"}, dir);
}

TEST_CASE("model folder: it evaluates as it was measured, wherever it is copied", "[engine]") {
  const TempDir dir;
  make_model(dir.path());
  const Json model = common::read_json(dir.path() / "model" / "model.json");
  for (const char* key :
       {"format", "version", "labels", "input_size", "mean", "std", "task", "network",
        "architecture", "test", "provenance", "weights_sha256", "synthetic"}) {
    CHECK(model.contains(key));
  }
  for (const char* file :
       {"weights.safetensors", "metrics.jsonl", "evaluation.json", "report.html", "samples.h5"}) {
    CHECK(fs::exists(dir.path() / "model" / file));
  }
  CHECK_FALSE(fs::exists(dir.path() / "model" / "checkpoint.safetensors"));

  fs::create_directories(dir.path() / "other");
  fs::rename(dir.path() / "model", dir.path() / "other" / "moved");
  const ProgramResult evaluated = evaluate(dir.path(), "other/moved");
  INFO(evaluated.err);
  REQUIRE(evaluated.exit_code == 0);
  const Json result = common::parse_json(evaluated.out, "evaluate");
  CHECK(result.at("images").get<int>() == 12);
  CHECK(result.at("accuracy").get<double>() == model.at("test").at("accuracy").get<double>());
  CHECK_THAT(result.at("log_loss").get<double>(),
             WithinAbs(model.at("test").at("log_loss").get<double>(), 1e-5));
  CHECK(result.at("labels").size() == 3);
}

TEST_CASE("model folder: a layer that nothing reads is no obstacle", "[engine]") {
  const TempDir dir;
  make_model(dir.path(), kWithDeadNode);
  const ProgramResult evaluated = evaluate(dir.path(), "model");
  INFO(evaluated.err);
  CHECK(evaluated.exit_code == 0);
  const ProgramResult exported = run_program({"export", "--model", "model", "--json"}, dir.path());
  INFO(exported.err);
  CHECK(exported.exit_code == 0);
}

TEST_CASE("model folder: it is measured on the file it was trained from", "[engine]") {
  const TempDir dir;
  make_model(dir.path());
  const auto evaluated = [&] {
    return run_program({"evaluate", "--model", "model", "--json"}, dir.path());
  };
  const fs::path data = dir.path() / "data.h5";
  Json model = common::read_json(dir.path() / "model" / "model.json");
  model["provenance"]["dataset_file"] = data.string();
  model["dataset"] = "nosuch";
  common::write_file_atomically(dir.path() / "model" / "model.json", model.dump());

  const ProgramResult same = evaluated();
  INFO(same.err);
  REQUIRE(same.exit_code == 0);
  CHECK(common::parse_json(same.out, "evaluate").at("dataset_file").get<std::string>() ==
        data.string());
  CHECK_THAT(same.err, !ContainsSubstring("other images"));

  data::write_dataset(data, tests::noise_dataset(10, 4, 4));
  const ProgramResult changed = evaluated();
  CHECK(changed.exit_code == 0);
  CHECK_THAT(changed.err, ContainsSubstring("other images"));

  fs::remove(data);
  const ProgramResult gone = evaluated();
  CHECK(gone.exit_code == 3);
  CHECK_THAT(gone.err, ContainsSubstring(data.string()) && ContainsSubstring("--dataset FILE"));

  fs::create_directories(dir.path() / "cache");  // the name is looked for when the file is gone
  data::write_dataset(dir.path() / "cache" / "nosuch.h5", tests::noise_dataset(20, 4, 4));
  CHECK(evaluated().exit_code == 0);
}

TEST_CASE("model folder: a dataset of other classes is refused before anything else is said",
          "[engine]") {
  const TempDir dir;
  make_model(dir.path());
  data::Dataset other = tests::noise_dataset(10, 2, 1);
  other.class_names = {"cat", "dog", "owl"};
  data::write_dataset(dir.path() / "data.h5", other);
  const ProgramResult refused = evaluate(dir.path(), "model");
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.err, ContainsSubstring("cat, dog, owl") && !ContainsSubstring("warning"));
}

TEST_CASE("model folder: models are listed with their accuracy, and transfers that are unfinished",
          "[engine]") {
  const TempDir dir;
  make_model(dir.path());
  fs::create_directories(dir.path() / "models");
  fs::rename(dir.path() / "model", dir.path() / "models" / "one");
  common::write_file_atomically(dir.path() / "models" / "two" / "transfer.toml", "");
  const Json listed =
      common::parse_json(run_program({"list", "models", "--json"}, dir.path()).out, "list");
  REQUIRE(listed.size() == 2);
  CHECK(listed.at(0).at("name").get<std::string>() == "two");
  CHECK(listed.at(0).at("state").get<std::string>() == "interrupted");
  CHECK_THAT(listed.at(0).at("summary").get<std::string>(),
             ContainsSubstring("nas transfer --resume --out models/two"));
  CHECK(listed.at(1).at("state").get<std::string>() == "finished");
  const Json model = common::read_json(dir.path() / "models" / "one" / "model.json");
  CHECK(listed.at(1).at("test_accuracy").get<double>() ==
        model.at("test").at("accuracy").get<double>());
}

struct Damage {
  std::string name;
  std::string message;
  std::function<void(const fs::path& model)> apply;
};

void change_json(const fs::path& model, const std::function<void(Json&)>& change) {
  Json json = common::read_json(model / "model.json");
  change(json);
  common::write_file_atomically(model / "model.json", json.dump());
}

// model.json with another value at a JSON pointer, which is there.
std::function<void(const fs::path& model)> changed(const std::string& pointer, const Json& value) {
  return [=](const fs::path& model) {
    change_json(model, [&](Json& json) { json.at(Json::json_pointer(pointer)) = value; });
  };
}

TEST_CASE("model folder: what is damaged is said, with exit code 3", "[engine]") {
  const TempDir dir;
  make_model(dir.path());
  const std::vector<Damage> damages = {
      {"another byte in the weights", "do not match",
       [](const fs::path& model) {
         std::string weights = common::read_file(model / "weights.safetensors");
         weights.back() = static_cast<char>(weights.back() ^ 1);
         common::write_file_atomically(model / "weights.safetensors", weights);
       }},
      {"truncated weights", "do not match",
       [](const fs::path& model) { fs::resize_file(model / "weights.safetensors", 100); }},
      {"no weights", "weights.safetensors",
       [](const fs::path& model) { fs::remove(model / "weights.safetensors"); }},
      {"another version", "version",
       [](const fs::path& model) { change_json(model, [](Json& json) { json["version"] = 99; }); }},
      {"another format", "not a model",
       [](const fs::path& model) {
         change_json(model, [](Json& json) { json["format"] = "something"; });
       }},
      {"not an object", "not a model",
       [](const fs::path& model) {
         common::write_file_atomically(model / "model.json", "[1, 2]");
       }},
      {"not JSON", "model.json",
       [](const fs::path& model) {
         common::write_file_atomically(model / "model.json", "{\"format\": ");
       }},
      {"a grey mean", "mean or std",
       [](const fs::path& model) { change_json(model, [](Json& json) { json["mean"] = {0.5}; }); }},
      {"a deviation of 0", "mean or std",
       [](const fs::path& model) {
         change_json(model, [](Json& json) { json["std"] = {0.2, 0.0, 0.2}; });
       }},
      {"another task", "unknown task",
       [](const fs::path& model) {
         change_json(model, [](Json& json) { json["task"] = "regression"; });
       }},
      {"no labels", "labels",
       [](const fs::path& model) { change_json(model, [](Json& json) { json.erase("labels"); }); }},
      {"one class fewer", "'labels'",
       [](const fs::path& model) {
         change_json(model, [](Json& json) { json["labels"] = {"beach", "harbor"}; });
       }},
      {"no network", "'network'",
       [](const fs::path& model) {
         change_json(model, [](Json& json) { json.erase("network"); });
       }},
      {"an image too small", "input size 4", changed("/input_size", 4)},
      {"an image too large", "'input_size'", changed("/input_size", 100000)},
      {"other filters", "'network'", changed("/network/filters", 8)},
      {"filters for a larger memory", "'network'", changed("/network/filters", 100000)},
      {"odd filters", "got '5'; expected integer 2..100000, a multiple of 2",
       changed("/network/filters", 5)},
      {"filters in words", "'filters'", changed("/network/filters", "four")},
      {"no cells", "'cells'", changed("/network/cells", 0)},
      {"half a cell", "'cells'", changed("/network/cells", 1.5)},
      {"more cells", "'network'", changed("/network/cells", 2)},
      {"an unknown stem", "'stem'", changed("/network/stem", "granite")},
      {"a stem without width", "'stem_multiplier'", changed("/network/stem_multiplier", 0)},
      {"another architecture", "'architecture'",
       changed("/architecture/cells/normal/nodes/0/edges/0/op", "avg_pool_3x3")},
      {"an unknown operation", "no_conv",
       changed("/architecture/cells/normal/nodes/0/edges/0/op", "no_conv")},
      {"another family", "family nasnet", changed("/architecture/family", "nasnet")},
      {"other classes", "classes",
       [](const fs::path& model) {
         change_json(model, [](Json& json) { json["labels"] = {"beach", "harbor", "forest"}; });
       }},
  };
  for (const auto& damage : damages) {
    CAPTURE(damage.name);
    fs::remove_all(dir.path() / "copy");
    fs::copy(dir.path() / "model", dir.path() / "copy", fs::copy_options::recursive);
    damage.apply(dir.path() / "copy");
    const ProgramResult result = evaluate(dir.path(), "copy");
    CHECK(result.exit_code == 3);
    CHECK_THAT(result.err, ContainsSubstring(damage.message));
    CHECK(result.out.empty());
    CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
    if (damage.message == "do not match") CHECK_THAT(result.err, ContainsSubstring("; try "));
  }
  CHECK(evaluate(dir.path(), "model").exit_code == 0);  // the copies were damaged, not this
}

TEST_CASE("model folder: none to work on is exit code 4, one too many is 2", "[engine]") {
  const TempDir dir;
  for (const std::string command : {"evaluate", "export"}) {
    const ProgramResult result = run_program({command}, dir.path());
    CHECK(result.exit_code == 4);
    CHECK_THAT(result.err, ContainsSubstring("nas transfer"));
    const ProgramResult nowhere = run_program({command, "--model", "nowhere"}, dir.path());
    CHECK(nowhere.exit_code == 4);
    CHECK_THAT(nowhere.err, ContainsSubstring("models/nowhere"));
  }
  fs::create_directories(dir.path() / "empty");
  CHECK(run_program({"evaluate", "--model", "empty"}, dir.path()).exit_code == 4);

  common::write_file_atomically(dir.path() / "full" / "model.json", "{}");
  data::write_dataset(dir.path() / "data.h5", tests::noise_dataset());
  const ProgramResult result = run_program(
      {"transfer", "--dataset", "data.h5", "--arch", kArchitecture, "--out", "full"}, dir.path());
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, ContainsSubstring("finished model"));
}

}  // namespace
}  // namespace nas::engine
