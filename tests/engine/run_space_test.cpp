// What the children of a run are, and the files that it keeps for that.
#include "engine/run_space.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>

#include "child_trainer/train_settings.h"
#include "common/error.h"
#include "common/file.h"
#include "engine/best_settings.h"
#include "engine/run_inputs.h"
#include "engine/tune.h"
#include "tests/support/spaces.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

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
  common::write_file_atomically(file, "[lr]\nmin = 0.1\nmax = 0.2\n");
  again = given;
  again.set("arch", "darts-v1", "flag");
  recognise_inputs(found, again);
  CHECK(again.text("space") == file);
  CHECK(again.text("arch") == "darts-v1");
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
