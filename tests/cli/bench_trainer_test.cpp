// nas bench trainer, and nas bench-child, whose processes it times: the real program on a small
// network. How fast anything is, is not tested.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/json.h"
#include "common/safetensors.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/support/program.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using Catch::Matchers::WithinRel;
using common::Json;

std::vector<std::string> with_network(std::vector<std::string> words,
                                      const std::vector<std::string>& more) {
  const std::vector<std::string> network = {
      "--arch",       "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|",
      "--cells",      "1",
      "--filters",    "4",
      "--batch-size", "8",
      "--input-size", "8",
      "--images",     "20",
      "--device",     "cpu"};
  words.insert(words.end(), network.begin(), network.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<std::string> bench(const std::vector<std::string>& more) {
  return with_network({"bench", "trainer", "--rounds", "3", "--steps", "2", "--threads", "1"},
                      more);
}

Json result_of(const TempDir& dir, std::vector<std::string> more) {
  more.push_back("--json");
  const ProgramResult result = run_program(bench(more), dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return common::parse_json(result.out, "nas bench trainer");
}

void check_spread(const Json& spread) {
  const auto at = [&](const char* key) { return spread.at(key).get<double>(); };
  CHECK(at("lowest") > 0);
  CHECK(at("lowest") <= at("median"));
  CHECK(at("median") <= at("highest"));
}

TEST_CASE("bench trainer: rates, parts, memory and limits of training", "[cli]") {
  const TempDir dir;
  const Json result = result_of(dir, {});
  const Json& training = result.at("training");
  check_spread(training.at("images_per_second"));
  double lowest_step = 0;
  for (const char* part : {"data", "forward", "backward", "optimizer"}) {
    CAPTURE(part);
    check_spread(training.at("step_seconds").at(part));
    lowest_step += training.at("step_seconds").at(part).at("lowest").get<double>();
  }
  // No round can be faster than the fastest of each part.
  CHECK(training.at("images_per_second").at("highest").get<double>() <= 8 / lowest_step);
  const auto flops = result.at("roofline").at("flops").get<double>();
  const auto products = result.at("multiply_adds").get<double>();
  CHECK_THAT(training.at("limits").at("compute").get<double>(),
             WithinRel(flops / (6 * products), 1e-9));
  CHECK(training.at("limits").at("memory").get<double>() > 0);
  CHECK(result.at("peak_bytes").get<double>() > 1e7);
  CHECK(result.at("predicted_bytes").get<double>() > 1e7);
  CHECK(result.count("inference") + result.count("batches") == 0);
  CHECK(result.at("children") == 1);
  CHECK(result.at("options").at("batch-size") == 8);
  CHECK_THAT(result.at("kernels").get<std::string>(), StartsWith("kernels for "));
}

TEST_CASE("bench trainer: children side by side, and other work than training", "[cli]") {
  const TempDir dir;
  const Json result = result_of(dir, {"--children", "2", "--data", "--evaluate"});
  check_spread(result.at("batches").at("images_per_second"));
  check_spread(result.at("inference").at("images_per_second"));
  const auto flops = result.at("roofline").at("flops").get<double>();
  const auto products = result.at("multiply_adds").get<double>();
  CHECK_THAT(result.at("inference").at("limits").at("compute").get<double>(),
             WithinRel(flops / (2 * products), 1e-9));
  CHECK(result.count("training") + result.count("predicted_bytes") == 0);
  CHECK(result.at("children") == 2);
}

TEST_CASE("bench trainer: a table for people, on a dataset", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset());
  const ProgramResult result =
      run_program(bench({"--proxy", "data.h5", "--aux=false"}), dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.out, ContainsSubstring("\ntraining ") && ContainsSubstring("in 3 rounds") &&
                             ContainsSubstring("\n  backward ") &&
                             ContainsSubstring("\nroofline ") && ContainsSubstring("\nmemory "));
  CHECK_THAT(result.err, ContainsSubstring("of 3\n"));
}

TEST_CASE("bench trainer: what it cannot use is named", "[cli]") {
  const TempDir dir;
  const auto check = [&](const std::vector<std::string>& more, int code, const std::string& part) {
    const ProgramResult result = run_program(bench(more), dir.path());
    CAPTURE(more, result.err);
    CHECK(result.exit_code == code);
    CHECK_THAT(result.err, ContainsSubstring("error: [") && ContainsSubstring(part));
    CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
  };
  check({"--arch", "nobody"}, 2, "'nobody'");
  check({"--proxy", "missing.h5"}, 3, "missing.h5");
  check({"--filters", "20000", "--cells", "3", "--input-size", "64"}, 1, "[memory]");
  check({"--filters", "3"}, 2, "--filters");
  check({"--children", "0"}, 2, "--children");
  check({"--precision", "auto"}, 2, "fp32 or bf16");
  check({"--augment", "nosuch"}, 2, "'nosuch'");
}

// The answers of nas bench-child to the requests, after the line that says it is ready.
std::vector<Json> answers_to(const std::vector<std::string>& requests, const TempDir& dir,
                             const std::vector<std::string>& more) {
  auto options = options_of(nas_command(with_network({"bench-child"}, more)), dir.path(), {}, "");
  options.pipe_stdin = true;
  common::Process process(options);
  for (const auto& request : requests) REQUIRE(process.write_line(request));
  process.close_stdin();
  std::vector<Json> answers;
  while (!process.at_end()) {
    if (const auto line = process.read_line(1000))
      answers.push_back(common::parse_json(*line, "nas bench-child"));
  }
  CHECK(process.wait().exit_code == 0);
  REQUIRE(answers.size() == requests.size() + 1);
  CHECK(answers[0].at("ready").get<bool>());
  CHECK(answers[0].at("data_bytes").get<int>() == 20 * 3 * 8 * 8);
  answers.erase(answers.begin());
  return answers;
}

TEST_CASE("bench-child: takes the steps it is told to, and leaves what they began with", "[cli]") {
  const TempDir dir;
  const std::string train2 = R"({"work": "training", "steps": 2})";
  const std::string train1 = R"({"work": "training", "steps": 1})";
  const std::string infer = R"({"work": "inference", "steps": 3})";
  const auto apart = answers_to({infer, train2, train1}, dir, {"--dump", "out"});
  const auto whole = answers_to({R"({"work": "training", "steps": 3})"}, dir, {});
  CHECK(apart[0].at("images").get<int>() == 24);
  CHECK(apart[1].at("images").get<int>() == 16);
  CHECK(apart[0].at("scores").size() == 40);  // ten classes of four images
  auto losses = apart[1].at("losses").get<std::vector<double>>();
  losses.push_back(apart[2].at("losses").at(0).get<double>());
  CHECK(losses == whole[0].at("losses").get<std::vector<double>>());

  const auto batches = common::read_safetensors(dir.path() / "out" / "batches.safetensors").tensors;
  CHECK(batches.size() == 2 * 8 + 1);
  CHECK(batches.at("images_7").shape == std::vector<int64_t>{8, 3, 8, 8});
  CHECK(batches.at("targets_7").shape == std::vector<int64_t>{8});
  CHECK(batches.at("images_0").bytes != batches.at("images_2").bytes);  // of the next epoch
  const auto weights = common::read_safetensors(dir.path() / "out" / "initial.safetensors").tensors;
  CHECK(weights.count("cell0.node0.from0.nor_conv_3x3.conv.weight") == 1);
  CHECK(std::filesystem::file_size(dir.path() / "out" / "model.onnx") > 1000);
}

#ifndef __SANITIZE_ADDRESS__  // its allocator keeps what was freed
// The highest memory of a child.
double measured_memory(const TempDir& dir, const std::string& how, bool recompute) {
  std::vector<std::string> words = common::split(
      "bench trainer --arch nasnet-a --cells 1 --filters 16 --device cpu --threads 1 --images 64 "
      "--warm-up 1 --rounds 1 --steps 1 --json " +
          how,
      ' ');
  if (recompute) words.push_back("--recompute");
  const ProgramResult result = run_program(words, dir.path());
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const Json json = common::parse_json(result.out, "nas bench trainer");
  const auto peak = json.at("peak_bytes").get<double>();
  CHECK_THAT(peak, WithinRel(json.at("predicted_bytes").get<double>(), 0.15));
  return peak;
}

TEST_CASE("bench trainer: the memory of a child is as predicted", "[cli]") {
  const TempDir dir;
  for (const char* how : {"--kernels auto", "--kernels torch", "--precision bf16"}) {
    CAPTURE(how);
    CHECK(measured_memory(dir, how, true) < 0.9 * measured_memory(dir, how, false));
  }
}

TEST_CASE("bench trainer: a dataset that is scaled down leaves no trace in the memory", "[cli]") {
  const TempDir dir;
  data::write_dataset(dir.path() / "data.h5", noise_dataset(1500, 1500, 10, 128));  // 147 MB
  measured_memory(dir, "--proxy data.h5", false);
}
#endif

}  // namespace
}  // namespace nas::tests
