// nas dump-training, which scripts/compare_pytorch repeats: its files must be the training that
// they say.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <cstring>
#include <set>

#include "common/json.h"
#include "common/safetensors.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

// dir/data.h5 has 30 training images, so an epoch has three batches; nine steps repeat each twice.
constexpr size_t kBatches = 3;

struct Dump {
  std::vector<double> losses;
  common::TensorFile initial;
  common::TensorFile final;
  common::TensorFile batches;
};

Dump dump(const fs::path& dir, const std::vector<std::string>& more) {
  data::write_dataset(dir / "data.h5", noise_dataset());
  std::vector<std::string> words = {"dump-training",
                                    "--arch",
                                    "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
                                    "--dataset",
                                    "data.h5",
                                    "--cells",
                                    "1",
                                    "--filters",
                                    "4",
                                    "--steps",
                                    "9",
                                    "--batch-size",
                                    "10",
                                    "--out",
                                    "out"};
  words.insert(words.end(), more.begin(), more.end());
  const ProgramResult result = run_program(words, dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.out == "wrote out\n");
  const fs::path out = dir / "out";
  return {.losses = common::read_json(out / "losses.json").get<std::vector<double>>(),
          .initial = common::read_safetensors(out / "initial.safetensors"),
          .final = common::read_safetensors(out / "final.safetensors"),
          .batches = common::read_safetensors(out / "batches.safetensors")};
}

bool is_statistic(const std::string& name) { return name.find(".running_") != std::string::npos; }

std::vector<double> doubles(const common::StoredTensor& tensor) {
  REQUIRE(tensor.dtype == "F64");
  std::vector<double> values(tensor.bytes.size() / sizeof(double));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

TEST_CASE("dump-training: without a learning rate, equal batches have equal losses", "[cli]") {
  const TempDir dir;
  const Dump still = dump(dir.path(), {"--lr", "0"});
  REQUIRE(still.losses.size() == 3 * kBatches);
  for (size_t step = kBatches; step < still.losses.size(); ++step)
    CHECK(still.losses[step] == still.losses[step - kBatches]);
  CHECK(std::set<double>(still.losses.begin(), still.losses.end()).size() == kBatches);
  REQUIRE(still.final.tensors.size() == still.initial.tensors.size());
  for (const auto& [name, tensor] : still.initial.tensors) {
    CAPTURE(name);
    CHECK(tensor.dtype == "F64");  // in float32 other programs would drift away
    CHECK((still.final.tensors.at(name).bytes == tensor.bytes) == !is_statistic(name));
  }
}

TEST_CASE("dump-training: with one it learns, and the same seed gives the same dump", "[cli]") {
  const TempDir dir;
  const Dump learned = dump(dir.path(), {"--lr", "0.05", "--seed", "3"});
  const Dump again = dump(dir.path(), {"--lr", "0.05", "--seed", "3"});
  const Dump other = dump(dir.path(), {"--lr", "0.05", "--seed", "4"});
  CHECK(again.losses == learned.losses);
  CHECK(other.losses[0] != learned.losses[0]);
  CHECK(learned.losses.front() > 0.5 * std::log(3));  // of three classes, before any training
  CHECK(learned.losses.front() < 2.0 * std::log(3));
  for (size_t batch = 0; batch < kBatches; ++batch)
    CHECK(learned.losses[2 * kBatches + batch] < learned.losses[batch]);
  for (const auto& [name, tensor] : learned.initial.tensors) {
    CAPTURE(name);
    CHECK(learned.final.tensors.at(name).bytes != tensor.bytes);
  }
}

TEST_CASE("dump-training: the batches are an epoch's images, normalised, and their classes",
          "[cli]") {
  const TempDir dir;
  const Dump dumped = dump(dir.path(), {});
  REQUIRE(dumped.batches.tensors.size() == 2 * 3 * kBatches);
  double sum = 0;
  double squares = 0;
  size_t count = 0;
  for (size_t step = 0; step < kBatches; ++step) {
    const auto& images = dumped.batches.tensors.at("images_" + std::to_string(step));
    CHECK(images.shape == std::vector<int64_t>{10, 3, 8, 8});
    for (const double value : doubles(images)) {
      sum += value;
      squares += value * value;
      ++count;
    }
    const auto& targets = dumped.batches.tensors.at("targets_" + std::to_string(step));
    CHECK(targets.dtype == "I64");
    CHECK(targets.shape == std::vector<int64_t>{10});
    const auto& later = dumped.batches.tensors.at("images_" + std::to_string(step + kBatches));
    CHECK(later.bytes == images.bytes);
  }
  CHECK_THAT(sum / static_cast<double>(count), WithinAbs(0, 1e-3));
  CHECK_THAT(squares / static_cast<double>(count), WithinAbs(1, 1e-3));
}

TEST_CASE("dump-training: a set of several labels an image is refused, and nothing is written",
          "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(10, 2, 3, 8, data::Task::kMultiLabel));
  const ProgramResult refused =
      run_program({"dump-training", "--dataset", "data.h5", "--out", "out"}, dir.path());
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.err, ContainsSubstring("got multi-label; expected single-label"));
  CHECK_FALSE(fs::exists(dir.path() / "out"));
}

TEST_CASE("dump-training: the options of the network are followed", "[cli]") {
  const TempDir dir;
  const auto shapes_of = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"--arch", "nasnet-a", "--filters", "2", "--steps", "1"};
    words.insert(words.end(), more.begin(), more.end());
    std::string shapes;
    for (const auto& [name, tensor] : dump(dir.path(), words).initial.tensors)
      shapes += name + common::Json(tensor.shape).dump() + "\n";
    return shapes;
  };
  const std::string plain = shapes_of({});
  CHECK((shapes_of({"--stem-multiplier", "1"}) != plain));
  CHECK((shapes_of({"--skip-reduction-input"}) != plain));
}

}  // namespace
}  // namespace nas::tests
