// What the children of a run are, and the files that it keeps for that.
#include "engine/run_space.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/file.h"
#include "common/text.h"
#include "engine/best_settings.h"
#include "engine/given_trials.h"
#include "engine/run_inputs.h"
#include "engine/search_plan.h"
#include "engine/tune.h"
#include "tests/support/spaces.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

constexpr const char* kBench201Cell =
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|";

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

// As a run of `nas tune` has them in memory.
common::Options tuning_options(const std::string& space, const std::string& architecture) {
  common::Options options = tune_options();
  options.declare({{.name = "prescreen", .value = "none", .help = ""},
                   {.name = "evaluator", .value = "trained", .help = ""},
                   {.name = "start-with", .value = std::vector<std::string>(), .help = ""}});
  options.set("space", space, "flag");
  options.set("arch", architecture, "flag");
  return options;
}

TEST_CASE("run space: children of one architecture, each with its settings", "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "s.toml").string();
  common::write_file_atomically(file, search_space::kSettings);
  const common::Options options = tuning_options(file, "darts-v2");
  const RunSpace space(options);
  CHECK(space.of_settings());
  CHECK((space.architecture({3, 1, 1, 0}) == search_space::find_architecture("darts-v2")));
  const Settings settings = space.settings({19, 3, 1, 0});
  CHECK(
      (settings ==
       Settings{
           {"lr", "1"}, {"cells", "4"}, {"augment", "pad-crop,flip,cutout"}, {"momentum", "0.8"}}));
  CHECK(space.settings({}).empty());
  const common::Options child = with_settings(options, settings);
  CHECK(child.number("lr") == 1.0);
  CHECK(child.integer("cells") == 4);
  CHECK(child.list("augment") == std::vector<std::string>{"pad-crop", "flip", "cutout"});
  CHECK(child.at("lr").origin == "tuned");
  CHECK(child.integer("epochs") == options.integer("epochs"));
}

TEST_CASE("run space: the settings as given are a point of the space, or one more", "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "s.toml").string();
  const auto space_of = [&](const std::string& text, const std::string& filters) {
    common::write_file_atomically(file, text);
    common::Options options = tuning_options(file, "darts-v2");
    options.set("filters", filters, "flag");
    return RunSpace(options);
  };
  const std::string two = "[filters]\nchoices = [4, 8]\n";
  const RunSpace point = space_of(two, "4");
  CHECK(point.given() == search_space::Choices{0});
  CHECK(point.key({0}) == kSettingsAsGiven);
  CHECK(point.key({1}) == "filters=8");
  CHECK(point.trainings() == 2);
  const RunSpace other = space_of(two, "6");
  CHECK_FALSE(other.given().has_value());
  CHECK(other.key({0}) == "filters=4");
  CHECK(other.trainings() == 3);
  const std::string lists =
      two + "[augment]\nchoices = [[\"flip\", \"cutout\"], \"pad-crop,flip\"]\n";
  CHECK(space_of(lists, "8").given() == search_space::Choices{1, 1});
  CHECK_FALSE(RunSpace(tuning_options("darts", "")).trainings().has_value());

  common::Options options = tuning_options(file, "darts-v2");
  options.set("filters", "8", "flag");
  const auto trials = given_trials(RunSpace(options), options);
  REQUIRE(trials.size() == 1);
  CHECK(trials[0].choices == search_space::Choices{1, 1});
  CHECK(trials[0].key == kSettingsAsGiven);
}

TEST_CASE("run space: what the network cannot have, or ignores, is said with file and line",
          "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "s.toml").string();
  const auto refused = [&](const std::string& text, const std::string& architecture,
                           const std::string& message) {
    CAPTURE(text);
    common::write_file_atomically(file, text);
    common::Options options = tuning_options(file, architecture);
    options.set("input-size", "16", "flag");
    CHECK_THROWS_MATCHES(RunSpace(options).check(options), common::ConfigError,
                         MessageMatches(ContainsSubstring(file + message)));
  };
  const std::string nasrl = (dir.path() / "nasrl.json").string();
  const auto space = search_space::find_space("nasrl");
  common::write_file_atomically(
      nasrl, search_space::to_json(
                 space->architecture(search_space::Choices(space->decisions().size(), 0)))
                 .dump());
  refused("[aux]\nchoices = [false, true]\n", "darts-v2",
          ":2: aux] a value that the network cannot have; got 'true'");
  refused("\n[cells]\nmin = 1\nmax = 3\n", nasrl, ":3: cells] it makes no difference");
  refused("[skip-reduction-input]\nchoices = [false, true]\n", kBench201Cell,
          ":2: skip-reduction-input] it makes no difference");
  refused("[augment]\nchoices = [\"flip\", \"rotate\"]\n", "darts-v2",
          ":2: augment] unknown value; got 'rotate'");
  refused("[precision]\nchoices = [\"fp32\", \"auto\"]\n", "darts-v2",
          ":2: precision] unknown value; got 'auto'; expected text fp32 | bf16");
  refused("[epochs]\nmin = 1\nmax = 4\n", "darts-v2", ":2] not a setting that can be tuned; got");
  refused("[trials]\nmin = 1\nmax = 4\n", "darts-v2", ":2] not a setting that can be tuned; got");
  // Of `hyper` there is what makes a difference to the network: no drop-path.
  const common::Options options = tuning_options("hyper", kBench201Cell);
  CHECK(RunSpace(options).space().decisions().size() == 3);
  CHECK_NOTHROW(RunSpace(options).check(options));
}

TEST_CASE("run space: docs/spaces.md names what can be tuned", "[engine]") {
  std::vector<std::string> names;
  const common::Options tunable = tunable_settings();
  for (const auto& option : tunable.all()) names.push_back("`" + option.name + "`");
  std::string text =
      common::read_file(std::filesystem::path(NAS_SOURCE_DIR) / "docs" / "spaces.md");
  std::replace(text.begin(), text.end(), '\n', ' ');
  CHECK_THAT(text, ContainsSubstring("can be tuned: " + common::join(names, ", ") + "."));
}

TEST_CASE("run space: its size is a number, however large", "[engine]") {
  const auto size_of = [](const std::string& text) {
    return size_text(
        *search_space::read_space("operations = [\"conv_3x3\", \"identity\"]\n" + text, "s.toml"));
  };
  CHECK(size_of("nodes = 1\ncells = \"normal\"\n") == "2 decisions, 4 choices");
  CHECK_THAT(size_of("nodes = 20\ninputs = 20\nrepeat-inputs = true\n"),
             ContainsSubstring("choices") && ContainsSubstring("10^") && !ContainsSubstring("inf"));
}

TEST_CASE("run space: a space of networks has no settings", "[engine]") {
  const RunSpace space(tuning_options("darts", ""));
  CHECK_FALSE(space.of_settings());
  CHECK(space.settings(search_space::Choices(22, 1)).empty());
}

TEST_CASE("run space: what is about networks does not go with settings", "[engine]") {
  common::Options options = tuning_options("hyper", "darts-v2");
  options.set("prescreen", "synflow", "flag");
  CHECK_THROWS_MATCHES(RunSpace(options), common::ConfigError,
                       MessageMatches(ContainsSubstring("[--prescreen] it is about networks")));
  CHECK_THROWS_AS(RunSpace(tuning_options("hyper", "")), common::UsageError);
  CHECK_THROWS_AS(RunSpace(tuning_options("darts", "darts-v2")), common::UsageError);
}

TEST_CASE("run inputs: copies are kept, found again, and recognised", "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "s.toml").string();
  common::write_file_atomically(file, search_space::kSettings);
  const RunFolder run(dir.path() / "run");
  common::Options options = tuning_options(file, "darts-v2");
  const common::Options given = options;
  keep_inputs(run, options);
  CHECK(options.text("space") == (dir.path() / "run" / "space.toml").string());
  CHECK(options.at("space").origin == "flag");
  CHECK((search_space::find_architecture(options.text("arch")) ==
         search_space::find_architecture("darts-v2")));
  const std::string config = config_text(options);
  CHECK_THAT(config, ContainsSubstring("space = \"space.toml\"  # flag") &&
                         ContainsSubstring("arch = \"architecture.json\"  # flag"));

  std::filesystem::rename(dir.path() / "run", dir.path() / "moved");
  const RunFolder moved(dir.path() / "moved");
  common::Options found = tuning_options("hyper", "");
  found.restore_toml(config, "config.toml");
  find_inputs(moved, found);
  CHECK((RunSpace(found).settings({1, 1, 1, 1}) == RunSpace(given).settings({1, 1, 1, 1})));

  common::Options again = given;
  recognise_inputs(found, again);
  CHECK(again.text("space") == found.text("space"));
  CHECK(again.text("arch") == found.text("arch"));
  // The same in other words, and another architecture.
  common::write_file_atomically(file, "# mine\n" + std::string(search_space::kSettings));
  again = given;
  again.set("arch", "darts-v1", "flag");
  recognise_inputs(found, again);
  CHECK(again.text("space") == found.text("space"));
  CHECK(again.text("arch") == "darts-v1");
  std::string text = search_space::kSettings;
  common::write_file_atomically(file, text.replace(text.find("max = 4"), 7, "max = 3"));
  again = given;
  CHECK_THROWS_MATCHES(recognise_inputs(found, again), common::ConfigError,
                       MessageMatches(ContainsSubstring(
                           "cells 1 | 2 | 3 (linear) (it was begun with 1 | 2 | 3 | 4 (linear))")));
}

TEST_CASE("run inputs: a copy that was changed is named", "[engine]") {
  const tests::TempDir dir;
  const std::string file = (dir.path() / "s.toml").string();
  common::write_file_atomically(file, search_space::kSettings);
  const RunFolder run(dir.path() / "run");
  CHECK_NOTHROW(check_inputs(run));
  common::Options options = tuning_options(file, "darts-v2");
  const common::Json inputs = keep_inputs(run, options);
  common::write_file_atomically(run.environment(), common::Json{{"inputs", inputs}}.dump());
  CHECK_NOTHROW(check_inputs(run));
  for (const std::string name : {"space.toml", "architecture.json"}) {
    const auto copy = run.path() / name;
    const std::string kept = common::read_file(copy);
    common::write_file_atomically(copy, kept + "\n");
    CHECK_THROWS_MATCHES(
        check_inputs(run), common::ConfigError,
        MessageMatches(ContainsSubstring(name + "] it is not what the run began")));
    std::filesystem::remove(copy);
    CHECK_THROWS_AS(check_inputs(run), common::ConfigError);
    common::write_file_atomically(copy, kept);
  }
}

TEST_CASE("best settings: those that were tuned, and what went with them", "[engine]") {
  const tests::TempDir dir;
  const RunFolder run(dir.path() / "run");
  const common::Options options = tuning_options("hyper", "darts-v2");
  Trial winner{.id = 4, .choices = {8, 0, 3, 1}};
  write_best_settings(run, options, winner);
  common::Options read(child_trainer::TrainSettings().options());
  const std::string text = common::read_file(best_settings_file(run));
  read.read_toml(text, "settings.toml");
  CHECK(read.number("lr") == 1.0);
  CHECK(read.number("weight-decay") == 1e-5);
  CHECK(read.number("drop-path") == 0.3);
  CHECK(read.list("augment").back() == "cutout");
  CHECK_THAT(text, ContainsSubstring("lr = 1.0  # tuned") &&
                       ContainsSubstring("batch-size = 64  # default"));
  CHECK(read.is_default("epochs"));
  CHECK(read.is_default("precision"));

  winner.choices.clear();  // the settings as given
  write_best_settings(run, options, winner);
  CHECK_THAT(common::read_file(best_settings_file(run)), ContainsSubstring("lr = 0.1  # default"));
}

}  // namespace
}  // namespace nas::engine
