// What every registered evaluator must do: whole searches of the real program, each of three
// trials, with a dataset and a table for whichever of them it reads.
#include "engine/evaluator.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "common/error.h"
#include "common/text.h"
#include "data/dataset_file.h"
#include "engine/search_options.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_dataset.h"

namespace nas::engine {
namespace {

using common::Json;
using common::Registry;

std::vector<std::string> small_search(const std::string& evaluator, const std::string& run,
                                      const std::string& workers) {
  const auto& plugin = Registry<EvaluatorPlugin>::find(evaluator);
  const auto& reads = plugin.reads;
  const bool of_table = std::count(reads.begin(), reads.end(), "table") > 0;
  return common::split(
      "search --run " + run + " --evaluator " + evaluator +
          (plugin.in_order ? "" : " --window 2 --workers " + workers) +
          (of_table ? " --table table.csv" : "") +
          " --proxy data.h5 --space nasbench201 --strategy random --trials 3 "
          "--threads 1 --device cpu --cells 1 --filters 4 --input-size 16 --train-images 64 "
          "--valid-images 32 --epochs 1 --batch-size 32",
      ' ');
}

void search_in(const std::filesystem::path& dir, const std::vector<std::string>& words) {
  const tests::ProgramResult result = tests::run_program(words, dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
}

// What two runs of one seed must share: all but times, memory, and who did it.
std::string outcome(const std::filesystem::path& dir, const std::string& run) {
  Json status = common::parse_json(tests::outcome_of(dir, run), run);
  for (auto& trial : status["trials"]) {
    for (const char* key : {"seconds", "images_per_second", "peak_bytes", "times"}) {
      trial["metrics"].erase(key);
    }
  }
  return status.dump(1);
}

TEST_CASE("Every evaluator has a name, a summary and its functions", "[conformance]") {
  REQUIRE(!Registry<EvaluatorPlugin>::names().empty());
  for (const auto& [name, entry] : Registry<EvaluatorPlugin>::entries()) {
    CAPTURE(name);
    CHECK(entry.plugin.name == name);
    CHECK_FALSE(entry.plugin.summary.empty());
    CHECK(entry.plugin.check != nullptr);
    CHECK(entry.plugin.make != nullptr);
  }
}

TEST_CASE("Every evaluator accepts options that it can use and refuses what it cannot",
          "[conformance]") {
  const std::map<std::string, std::pair<std::string, std::string>> unusable = {
      {"curves", {"space", "nasnet"}},
      {"table", {"space", "nasnet"}},
      {"trained", {"child-memory", "much"}},
      {"shared", {"child-time-limit", "5"}}};
  const tests::TempDir dir;
  tests::write_table(dir.path() / "table.csv");
  for (const auto& [name, entry] : Registry<EvaluatorPlugin>::entries()) {
    CAPTURE(name);
    common::Options options = search_options();
    options.set("space", "nasbench201", "test");
    options.set("table", (dir.path() / "table.csv").string(), "test");
    CHECK_NOTHROW(entry.plugin.check(options));
    REQUIRE(unusable.count(name) == 1);  // a new evaluator needs a line above
    const auto& [option, value] = unusable.at(name);
    options.set(option, value, "test");
    CHECK_THROWS_AS(entry.plugin.check(options), common::ConfigError);
  }
}

TEST_CASE("Every evaluator finishes the trials asked for, the same with any number of workers",
          "[conformance]") {
  const tests::TempDir dir;
  data::write_dataset(dir.path() / "data.h5", tests::tiny_dataset(4, 16, 16, 1));
  tests::write_table(dir.path() / "table.csv");
  for (const auto& name : Registry<EvaluatorPlugin>::names()) {
    CAPTURE(name);
    search_in(dir.path(), small_search(name, name, "2"));
    int trained = 0;
    const common::Json status = tests::status_of(dir.path(), name);
    for (const auto& trial : status.at("trials")) {
      CAPTURE(trial.dump());
      CHECK(trial.at("state").get<std::string>() == "SUCCEEDED");
      REQUIRE(trial.at("reward").is_number());
      CHECK(trial.at("reward").get<double>() >= 0);
      CHECK(trial.at("reward").get<double>() <= 1);
      trained += trial.contains("reused_from") ? 0 : 1;
    }
    CHECK(trained == 3);
    search_in(dir.path(), small_search(name, name + "-again", "1"));
    CHECK(outcome(dir.path(), name + "-again") == outcome(dir.path(), name));
  }
}

}  // namespace
}  // namespace nas::engine
