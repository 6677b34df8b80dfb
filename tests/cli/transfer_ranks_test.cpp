// nas transfer on several ranks: processes that train one network together.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "child_trainer/distributed/socket.h"
#include "common/error.h"
#include "common/json.h"
#include "common/log.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "tests/data/small_dataset.h"
#include "tests/support/scoped_env.h"
#include "tests/support/started_program.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

void make_ranks_data(const fs::path& dir) {
  data::write_dataset(dir / "data.h5", noise_dataset(50, 10, 10, 16));
}

// Into the model folder `out`; later words win.
std::vector<std::string> transfer_on_ranks(const std::string& out,
                                           const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = common::split(
      "transfer --dataset data.h5 --cells 1 --filters 4 --epochs 3 --batch-size 15 --threads 1 "
      "--device cpu --lr 0.02 --drop-path 0.2 --sync-batch-norm --arch "
      "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2| --out " +
          out,
      ' ');
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<common::Json> epochs_of(const fs::path& model) {
  std::vector<common::Json> epochs;
  const std::string text = common::trim(common::read_file(model / "metrics.jsonl"));
  for (const auto& line : common::split(text, '\n'))
    epochs.push_back(common::parse_json(line, "metrics.jsonl"));
  return epochs;
}

void check_same_losses(const fs::path& model, const fs::path& expected) {
  const auto epochs = epochs_of(model);
  const auto others = epochs_of(expected);
  REQUIRE(epochs.size() == others.size());
  for (size_t i = 0; i < epochs.size(); ++i) {
    for (const char* name : {"train_loss", "valid_loss"}) {
      CAPTURE(i, name);
      CHECK_THAT(epochs[i].at(name).get<double>(),
                 WithinAbs(others[i].at(name).get<double>(), 1e-5));
    }
  }
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string number = std::to_string(pid);
  std::ifstream file("/proc/" + number + "/task/" + number + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

bool ends(pid_t pid) {
  for (int i = 0; i < 1000 && kill(pid, 0) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return kill(pid, 0) != 0;
}

TEST_CASE("transfer: any number of ranks has the losses of one, and rank 0 alone speaks", "[cli]") {
  const TempDir dir;
  make_ranks_data(dir.path());
  const ProgramResult one = run_program(transfer_on_ranks("one"), dir.path());
  INFO(one.err);
  REQUIRE(one.exit_code == 0);
  for (const std::string ranks : {"2", "4"}) {
    CAPTURE(ranks);
    const ProgramResult several =
        run_program(transfer_on_ranks("ranks" + ranks, {"--ranks", ranks}), dir.path());
    INFO(several.err);
    REQUIRE(several.exit_code == 0);
    const fs::path model = dir.path() / ("ranks" + ranks);
    check_same_losses(model, dir.path() / "one");
    CHECK_THAT(several.out, ContainsSubstring("test accuracy"));
    CHECK(several.err.find("epoch   1 of 3") == several.err.rfind("epoch   1 of 3"));
    for (const auto& entry : fs::directory_iterator(model))
      CHECK(entry.path().extension() != ".log");
  }
  const ProgramResult passes = run_program(
      transfer_on_ranks("passes",
                        {"--ranks", "2", "--accumulate", "3", "--scale-learning-rate", "30"}),
      dir.path());
  INFO(passes.err);
  CHECK(passes.exit_code == 0);
  CHECK_THAT(passes.err, ContainsSubstring("learning rate 0.01"));
}

TEST_CASE("transfer: a rank that dies ends it soon, and another number goes on", "[cli]") {
  const TempDir dir;
  make_ranks_data(dir.path());
  StartedProgram program(transfer_on_ranks("m", {"--ranks", "3", "--epochs", "60"}), dir.path());
  REQUIRE(program.says("epoch   1 of 60"));
  const auto ranks = children_of(program.pid());
  REQUIRE(ranks.size() == 2);
  const double start = common::monotonic_seconds();
  kill(ranks[1], SIGKILL);
  CHECK(program.end() == common::kExitFailed);
  CHECK(common::monotonic_seconds() - start < 10);
  CHECK_THAT(program.err(), ContainsSubstring("[rank 2]") && ContainsSubstring("--resume"));
  CHECK(ends(ranks[0]));
  CHECK_FALSE(fs::exists(dir.path() / "m" / "model.json"));

  const ProgramResult rest =
      run_program({"transfer", "--resume", "--out", "m", "--ranks", "2"}, dir.path());
  INFO(rest.err);
  CHECK(rest.exit_code == 0);
  CHECK_THAT(rest.err, !ContainsSubstring("epoch   1 of"));
  CHECK(epochs_of(dir.path() / "m").size() == 60);
}

TEST_CASE("transfer: ranks end with rank 0", "[cli]") {
  const TempDir dir;
  make_ranks_data(dir.path());
  StartedProgram program(transfer_on_ranks("m", {"--ranks", "2", "--epochs", "100000"}),
                         dir.path());
  REQUIRE(program.says("held-out accuracy"));
  const auto ranks = children_of(program.pid());
  REQUIRE(ranks.size() == 1);
  program.signal(SIGKILL);
  CHECK(program.end() == -SIGKILL);
  CHECK(ends(ranks[0]));
}

TEST_CASE("transfer: stopped on two ranks and continued on one, the losses are the same", "[cli]") {
  const TempDir dir;
  make_ranks_data(dir.path());
  const ProgramResult one = run_program(transfer_on_ranks("one"), dir.path());
  INFO(one.err);
  REQUIRE(one.exit_code == 0);
  const ProgramResult stopped =
      run_program(transfer_on_ranks("m", {"--ranks", "2", "--time-limit", "0.001"}), dir.path());
  CHECK(stopped.exit_code == common::kExitTimeLimit);
  CHECK(fs::exists(dir.path() / "m" / "checkpoint.safetensors"));
  StartedProgram again({"transfer", "--resume", "--out", "m", "--ranks", "3"}, dir.path());
  REQUIRE(again.says("epoch   1 of 3"));
  again.signal(SIGTERM);
  CHECK((again.end() == common::kExitSignal + SIGTERM || fs::exists(dir.path() / "m/model.json")));
  if (!fs::exists(dir.path() / "m" / "model.json")) {
    const ProgramResult last =
        run_program({"transfer", "--resume", "--out", "m", "--ranks", "1"}, dir.path());
    INFO(last.err);
    REQUIRE(last.exit_code == 0);
  }
  check_same_losses(dir.path() / "m", dir.path() / "one");
}

TEST_CASE("transfer: ranks and devices that do not fit are refused", "[cli]") {
  const TempDir dir;
  make_ranks_data(dir.path());
  const auto refused = [&](const std::vector<std::string>& words) {
    const ProgramResult result = run_program(transfer_on_ranks("m", words), dir.path());
    CHECK(result.exit_code == common::kExitUsage);
    CHECK_FALSE(fs::exists(dir.path() / "m" / "model.json"));
    return result.err;
  };
  CHECK_THAT(refused({"--ranks", "3", "--devices", "cpu,cpu"}),
             ContainsSubstring("another number of ranks than of devices"));
  CHECK_THAT(refused({"--devices", "cuda:900"}), ContainsSubstring("no such GPU"));
  CHECK_THAT(refused({"--ranks", "4", "--batch-size", "3"}),
             ContainsSubstring("fewer images than parts"));
  CHECK_THAT(refused({"--ranks", "x"}), ContainsSubstring("--ranks"));
}

// As srun starts them: the same words, and the environment of a task.
TEST_CASE("transfer: Slurm's tasks are ranks", "[cli]") {
  const TempDir dir;
  make_ranks_data(dir.path());
  const auto free_port = [] {
    return child_trainer::Socket::listen({.host = "127.0.0.1", .port = 0}).port();
  };
  const std::string meeting = "127.0.0.1:" + std::to_string(free_port());
  const ScopedEnv step("SLURM_STEP_ID", "0");
  const ScopedEnv tasks("SLURM_STEP_NUM_TASKS", "2");
  const ScopedEnv job("SLURM_JOB_ID", "17");
  const ScopedEnv per_node("SLURM_STEP_TASKS_PER_NODE", "2");
  const auto words = transfer_on_ranks("m", {"--rendezvous", meeting});
  std::unique_ptr<StartedProgram> other;
  {
    const ScopedEnv rank("SLURM_PROCID", "1");
    const ScopedEnv local("SLURM_LOCALID", "1");
    other = std::make_unique<StartedProgram>(words, dir.path());
  }
  const ScopedEnv rank("SLURM_PROCID", "0");
  const ScopedEnv local("SLURM_LOCALID", "0");
  const ProgramResult first = run_program(words, dir.path());
  INFO(first.err);
  INFO(other->err());
  CHECK(first.exit_code == 0);
  CHECK(other->end() == 0);
  CHECK_THAT(first.err, ContainsSubstring("ranks     2"));
  CHECK_THAT(other->err(), !ContainsSubstring("epoch"));
  CHECK(fs::exists(dir.path() / "m" / "model.json"));
}

}  // namespace
}  // namespace nas::tests
