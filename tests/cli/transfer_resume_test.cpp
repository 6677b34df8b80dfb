// nas transfer, stopped and continued: the model is the one that an undisturbed transfer leaves.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/json.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/support/started_program.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

void make_data(const fs::path& dir) {
  data::write_dataset(dir / "data.h5", noise_dataset(50, 10, 10, 16));
}

// Into the model folder `out`, for about two seconds; later words win.
std::vector<std::string> transfer(const std::string& out,
                                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = common::split(
      "transfer --dataset data.h5 --cells 1 --filters 4 --epochs 16 --batch-size 16 --threads 1 "
      "--device cpu --arch "
      "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2| --out " +
          out,
      ' ');
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// Stops at its second step with a checkpoint.
ProgramResult stopped_transfer(const fs::path& dir, const std::string& out) {
  make_data(dir);
  return run_program(transfer(out, {"--epochs", "2", "--time-limit", "0.001"}), dir);
}

// What must agree bit for bit: weights, test metrics, and every epoch's metrics but for times.
std::string outcome_of(const fs::path& model) {
  std::string outcome = common::sha256_of_file(model / "weights.safetensors") + "\n" +
                        common::read_file(model / "evaluation.json");
  const std::string epochs = common::trim(common::read_file(model / "metrics.jsonl"));
  for (const auto& line : common::split(epochs, '\n')) {
    common::Json epoch = common::parse_json(line, "metrics.jsonl");
    epoch.erase("seconds");
    epoch.erase("images_per_second");
    outcome += epoch.dump() + "\n";
  }
  return outcome;
}

// What another transfer must leave alone.
std::string state_of(const fs::path& model) {
  return common::read_file(model / "transfer.toml") +
         common::sha256_of_file(model / "checkpoint.safetensors");
}

// With --recompute until it is told otherwise.
TEST_CASE("transfer: stopped, killed and continued, it leaves the model of an undisturbed one",
          "[cli]") {
  const TempDir dir;
  make_data(dir.path());
  const fs::path whole = dir.path() / "models" / "whole";
  const fs::path parts = dir.path() / "models" / "parts";
  const ProgramResult reference = run_program(transfer("models/whole"), dir.path());
  INFO(reference.err);
  REQUIRE(reference.exit_code == 0);

  StartedProgram stopped(transfer("models/parts", {"--recompute"}), dir.path());
  REQUIRE(stopped.says("epoch   1 of 16"));
  stopped.signal(SIGTERM);
  CHECK(stopped.end() == common::kExitSignal + SIGTERM);
  CHECK_THAT(stopped.err(), ContainsSubstring("nas transfer --resume --out models/parts"));

  StartedProgram killed({"transfer", "--resume"}, dir.path());  // finds the unfinished one
  REQUIRE(killed.says("held-out accuracy"));
  killed.signal(SIGKILL);
  CHECK(killed.end() == -SIGKILL);
  CHECK_FALSE(fs::exists(parts / "model.json"));

  const ProgramResult last =
      run_program(transfer("models/parts", {"--recompute=false"}), dir.path());
  INFO(last.err);
  REQUIRE(last.exit_code == 0);
  for (const std::string& text : {killed.err(), last.err}) {
    CHECK_THAT(text, !ContainsSubstring("epoch   1 of"));  // it went on, it did not begin again
  }
  CHECK(outcome_of(parts) == outcome_of(whole));
  CHECK_FALSE(fs::exists(parts / "checkpoint.safetensors"));
}

TEST_CASE("transfer: a time limit leaves a checkpoint, and that is not success", "[cli]") {
  const TempDir dir;
  const ProgramResult stopped = stopped_transfer(dir.path(), "models/m");
  CAPTURE(stopped.err);
  CHECK(stopped.exit_code > 0);
  CHECK(stopped.out.empty());
  CHECK_THAT(stopped.err, ContainsSubstring("nas transfer --resume --out models/m"));
  CHECK(fs::exists(dir.path() / "models" / "m" / "checkpoint.safetensors"));
  CHECK_FALSE(fs::exists(dir.path() / "models" / "m" / "model.json"));
  const ProgramResult rest =
      run_program({"transfer", "--resume", "--out", "models/m", "--time-limit", "0"}, dir.path());
  INFO(rest.err);
  CHECK(rest.exit_code == 0);
  CHECK(fs::exists(dir.path() / "models" / "m" / "model.json"));
}

TEST_CASE("transfer: other options than it was begun with are refused and named", "[cli]") {
  const TempDir dir;
  stopped_transfer(dir.path(), "m");
  const std::string before = state_of(dir.path() / "m");
  const ProgramResult refused =
      run_program(transfer("m", {"--epochs", "9", "--lr", "0.5"}), dir.path());
  CHECK(refused.exit_code == common::kExitUsage);
  CHECK_THAT(refused.err, ContainsSubstring("--epochs 9 (it was begun with 2)") &&
                              ContainsSubstring("--lr 0.5") && !ContainsSubstring("--filters"));
  const ProgramResult resumed =
      run_program({"transfer", "--resume", "--out", "m", "--seed", "2"}, dir.path());
  CHECK(resumed.exit_code == common::kExitUsage);
  CHECK_THAT(resumed.err, ContainsSubstring("--seed 2 (it was begun with 1)"));
  // The same ones, another limit, and what changes no result are not.
  const ProgramResult same =
      run_program(transfer("m", {"--epochs", "2", "--time-limit", "7", "--recompute", "--dry-run"}),
                  dir.path());
  CHECK(same.exit_code == 0);
  CHECK(state_of(dir.path() / "m") == before);
  common::write_file_atomically(dir.path() / "m" / "metrics.jsonl", "{}\n");  // of one epoch
  const ProgramResult rest =
      run_program({"transfer", "--resume", "--out", "m", "--dry-run"}, dir.path());
  CHECK_THAT(rest.err, ContainsSubstring(" for the last 1, "));
}

TEST_CASE("transfer: nothing to resume is exit code 4", "[cli]") {
  const TempDir dir;
  make_data(dir.path());
  const ProgramResult nothing = run_program({"transfer", "--resume"}, dir.path());
  CHECK(nothing.exit_code == common::kExitNothing);
  CHECK_THAT(nothing.err, ContainsSubstring("no unfinished transfer") &&
                              ContainsSubstring("try nas transfer --dataset"));

  const fs::path finished = dir.path() / "models" / "finished";
  common::write_file_atomically(finished / "transfer.toml", "epochs = 1\n");
  common::write_file_atomically(finished / "model.json", "{}\n");
  CHECK(run_program({"transfer", "--resume"}, dir.path()).exit_code == common::kExitNothing);

  const ProgramResult nowhere =
      run_program(transfer("nowhere", {"--resume", "--epochs", "1"}), dir.path());
  CHECK(nowhere.exit_code == common::kExitNothing);
  CHECK_FALSE(fs::exists(dir.path() / "nowhere"));
}

TEST_CASE("transfer: a second one in the same folder is refused while the first goes on", "[cli]") {
  const TempDir dir;
  make_data(dir.path());
  const fs::path config = dir.path() / "m" / "transfer.toml";
  StartedProgram first(transfer("m", {"--epochs", "100000"}), dir.path());
  REQUIRE(first.says("held-out accuracy"));
  const std::string before = common::read_file(config);
  const ProgramResult second =
      run_program(transfer("m", {"--epochs", "100000", "--time-limit", "5"}), dir.path());
  CHECK(second.exit_code == common::kExitUsage);
  CHECK_THAT(second.err, ContainsSubstring("another nas process is using it"));
  CHECK(common::read_file(config) == before);
  CHECK(first.running());
  first.signal(SIGTERM);
  CHECK(first.end() == common::kExitSignal + SIGTERM);
}

}  // namespace
}  // namespace nas::tests
