// nas tune: real trainings of one small network with different settings.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <set>

#include "common/options.h"
#include "tests/cli/small_searches.h"
#include "tests/support/spaces.h"
#include "tests/support/started_program.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using common::Json;
using Texts = std::vector<std::string>;

constexpr const char* kArchitecture =
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";

void make_tuned_data(const fs::path& dir) {
  make_shapes(dir);
  common::write_file_atomically(dir / "settings.toml", search_space::kSettings);
}

Texts tune(const std::string& run, const Texts& more = {}) {
  Texts words = common::split(
      "tune --dataset shapes.h5 --workers 2 --window 2 --device cpu --cells 1 --filters 4 "
      "--input-size 16 --train-images 64 --valid-images 32 --epochs 1 --batch-size 32 --threads 1 "
      "--trials 5 --repeats 2 --space settings.toml --run ./" +
          run,
      ' ');
  words.insert(words.end(), {"--arch", kArchitecture});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string tuning_found(const fs::path& dir, const std::string& run) {
  const std::string settings = common::read_file(dir / run / "best" / "settings.toml");
  return found_by(dir, run) + settings.substr(settings.find('\n'));  // the first line names the run
}

TEST_CASE("tune: trials of one architecture, the first as given; its settings go to transfer",
          "[cli]") {
  const TempDir dir;
  make_tuned_data(dir.path());
  const std::string out = ran_well(dir.path(), tune("r"));
  CHECK_THAT(out, ContainsSubstring("best settings  ") && ContainsSubstring("settings file  ") &&
                      ContainsSubstring("--config ./r/best/settings.toml"));
  const Json status = status_of(dir.path(), "r");
  const Json& trials = status.at("trials");
  CHECK(trials.at(0).at("key").get<std::string>() == "settings as given");
  std::set<std::string> keys;
  std::set<int64_t> sizes;
  size_t repeats = 0;
  for (const auto& trial : trials) {
    CHECK(search_space::architecture_from_json(trial.at("architecture"), "status") ==
          search_space::find_architecture(kArchitecture));
    keys.insert(trial.at("key").get<std::string>());
    sizes.insert(trial.at("metrics").at("parameters").get<int64_t>());
    if (trial.at("kind").get<std::string>() == "repeat") ++repeats;
  }
  CHECK(keys.size() == 5);
  CHECK(sizes.size() > 1);  // `cells` was tuned
  CHECK(repeats >= 2);      // and that as given
  CHECK(status.at("winner").contains("given"));

  // The file is one of `nas transfer`, and what it says is what the winner was trained with.
  const std::string settings = common::read_file(dir.path() / "r" / "best" / "settings.toml");
  CHECK_THAT(settings, ContainsSubstring("batch-size = 32") && !ContainsSubstring("\nepochs = "));
  ran_well(dir.path(), {"transfer", "--arch", "r/architecture.json", "--dataset", "shapes.h5",
                        "--config", "r/best/settings.toml", "--epochs", "1", "--filters", "4",
                        "--threads", "1", "--device", "cpu", "--out", "m"});
  const std::string transferred = common::read_file(dir.path() / "m" / "transfer.toml");
  const int64_t winner = status.at("winner").at("trial").get<int64_t>();
  for (const auto& setting :
       common::split(trials.at(static_cast<size_t>(winner)).at("key").get<std::string>(), ' ')) {
    const auto parts = common::split(setting, '=');
    if (parts.size() != 2 || parts[0] == "augment") continue;
    CHECK_THAT(transferred, ContainsSubstring(parts[0] + " = " + parts[1]));
  }
  // Named by the run alone, they go with its architecture, too.
  const std::string said =
      run_program({"transfer", "--run", "r", "--dataset", "shapes.h5", "--epochs", "1", "--threads",
                   "1", "--device", "cpu", "--dry-run"},
                  dir.path())
          .err;
  CHECK_THAT(said, ContainsSubstring("of run r, and its settings: ") &&
                       ContainsSubstring("1 epoch (flag), batch 32 (run r), learning rate") &&
                       ContainsSubstring(" (run r)\n"));
  const ProgramResult both = run_program(
      {"transfer", "--run", "r", "--arch", kArchitecture, "--dataset", "shapes.h5"}, dir.path());
  CHECK(both.exit_code == 2);
  CHECK_THAT(both.err, ContainsSubstring("two architectures are named"));
  CHECK_THAT(run_program({"status", "--run", "r"}, dir.path()).out,
             ContainsSubstring("settings as given"));
  CHECK_THAT(common::read_file(dir.path() / "r" / "report.html"),
             ContainsSubstring("Best settings"));
}

TEST_CASE("tune: killed and continued, it ends as if nothing had happened", "[cli]") {
  const TempDir dir;
  make_tuned_data(dir.path());
  ran_well(dir.path(), tune("whole"));
  const std::string whole = tuning_found(dir.path(), "whole");
  // In the midst of a trial, of a repeat.
  for (const std::string trial : {"000003", "1000000000"}) {
    CAPTURE(trial);
    const std::string run = "killed" + trial;
    StartedProgram program(tune(run), dir.path());
    REQUIRE(program.makes(dir.path() / run / "trials" / trial));
    program.signal(SIGKILL);
    program.end();
    ran_well(dir.path(), {"tune", "--run", "./" + run});
    CHECK(tuning_found(dir.path(), run) == whole);
  }
}

TEST_CASE("tune: of few settings each is trained once, those as given among them", "[cli]") {
  const TempDir dir;
  make_shapes(dir.path());
  common::write_file_atomically(dir.path() / "settings.toml", "[filters]\nchoices = [4, 8]\n");
  const ProgramResult tuned = run_program(tune("r", {"--trials", "9"}), dir.path());
  INFO(tuned.err);
  CHECK(tuned.exit_code == 0);
  CHECK_THAT(tuned.err, ContainsSubstring("there are 2 different settings"));
  const Json status = status_of(dir.path(), "r");
  std::set<std::string> trained;
  for (const auto& trial : status.at("trials")) {
    if (!trial.contains("reused_from")) trained.insert(trial.at("key").get<std::string>());
  }
  CHECK(trained == std::set<std::string>{"settings as given", "filters=8"});
  CHECK(status.at("trials").size() < 20);

  // What the run keeps is not to be changed.
  const std::string config = common::read_file(dir.path() / "r" / "config.toml");
  common::write_file_atomically(dir.path() / "r" / "space.toml", "[filters]\nchoices = [4, 6]\n");
  const ProgramResult refused = run_program({"tune", "--run", "./r", "--trials", "12"}, dir.path());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.err, ContainsSubstring("space.toml] it is not what the run began with"));
  CHECK(common::read_file(dir.path() / "r" / "config.toml") == config);
}

TEST_CASE("tune: what does not fit is said", "[cli]") {
  const TempDir dir;
  make_tuned_data(dir.path());
  const auto refused = [&](const Texts& more, const std::string& message) {
    const ProgramResult result = run_program(tune("r", more), dir.path());
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
    CHECK_FALSE(fs::exists(dir.path() / "r"));
  };
  const auto with_space = [&](const std::string& text) {
    common::write_file_atomically(dir.path() / "other.toml", text);
    return Texts{"--space", "other.toml"};
  };
  refused(with_space("\n[lrr]\nmin = 0.1\nmax = 1.0\n"),
          "[other.toml:3] not a setting that can be tuned; got 'lrr'");
  refused(with_space("[momentum]\nmin = 0.1\nmax = 1.0\n"),
          "[other.toml:3: momentum] value out of range; got '1'");
  refused(with_space("[epochs]\nmin = 1\nmax = 4\n"), "can be tuned; got 'epochs'");
  refused(with_space("[aux]\nchoices = [false, true]\n"), "[other.toml:2: aux] a value that");
  refused(with_space("[augment]\nchoices = [\"flip\", \"flap\"]\n"), "got 'flap'");
  refused({"--space", "darts"}, "has networks, not settings of a training");
  refused({"--arch", "darts-v3"}, "no such architecture; got 'darts-v3'");
  refused({"--config", "settings.toml"}, "try --space, for a space of settings");
  refused({"--arch", ""}, "no --arch; try nas tune --arch NAME --dataset NAME");
  refused({"--dataset", ""}, "no --dataset");
  // It would need --evaluator shared, which is of networks.
  refused({"--strategy", "darts"}, "got 'darts'; expected text evolution | local-search | ");
  refused({"--supernet.method", "spos"}, "got 'supernet.method'");
}

TEST_CASE("tune: a run is continued by the command that began it", "[cli]") {
  const TempDir dir;
  make_tuned_data(dir.path());
  Texts tuning = tune("tuning");
  tuning.insert(tuning.end(), {"--trials", "1", "--repeats", "0"});
  ran_well(dir.path(), tuning);
  ran_well(dir.path(), small_search_in("nasbench201", "search", "random", 1));
  const ProgramResult one = run_program({"search", "--run", "./tuning"}, dir.path());
  CHECK(one.exit_code == 2);
  CHECK_THAT(one.err, ContainsSubstring("it tunes settings; try nas tune --run"));
  const ProgramResult other = run_program({"tune", "--run", "./search"}, dir.path());
  CHECK(other.exit_code == 2);
  CHECK_THAT(other.err, ContainsSubstring("it searches for networks; try nas search --run"));
}

}  // namespace
}  // namespace nas::tests
