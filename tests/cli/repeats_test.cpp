// nas search --repeats, --reward: real children of a few steps.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "engine/trial.h"
#include "tests/cli/small_searches.h"
#include "tests/support/started_program.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;
using Texts = std::vector<std::string>;

Json searched(const std::filesystem::path& dir, const Texts& words) {
  Texts with_json = words;
  with_json.push_back("--json");
  const ProgramResult result = run_program(with_json, dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return common::parse_json(result.out, "nas search");
}

Json repeats_of(const std::filesystem::path& dir, const std::string& run) {
  Json repeats = Json::array();
  const Json status = status_of(dir, run);
  for (const auto& trial : status.at("trials")) {
    if (trial.at("kind").get<std::string>() == "repeat") repeats.push_back(trial);
  }
  return repeats;
}

TEST_CASE("repeats: the best trials are trained again with another seed", "[cli]") {
  const TempDir dir;
  make_shapes(dir.path());
  const Json result = searched(dir.path(), small_search("r", {"--repeats", "2"}));
  CHECK(result.at("trials").get<int>() == 9);
  const Json status = status_of(dir.path(), "r");
  const Json winner = status.at("winner");
  CHECK(winner.dump() == result.at("winner").dump());
  CHECK(winner.at("trial").get<int>() == result.at("best").at("trial").get<int>());
  CHECK(winner.at("by").get<std::string>() == "model");
  CHECK(winner.at("trainings").get<int>() == 11);
  CHECK(winner.at("architectures").get<int>() == 9);
  const Json repeats = repeats_of(dir.path(), "r");
  REQUIRE(repeats.size() == 2);
  for (const auto& repeat : repeats) {
    const auto parent = repeat.at("parent").get<int64_t>();
    CHECK(repeat.at("id").get<int64_t>() == parent + engine::kFirstFurther);
    const Json& trial = status.at("trials").at(static_cast<size_t>(parent));
    CHECK(repeat.at("key").dump() == trial.at("key").dump());
    CHECK(repeat.at("architecture").dump() == trial.at("architecture").dump());
    CHECK(repeat.at("state").get<std::string>() == "SUCCEEDED");
    CHECK(repeat.at("metrics").at("train_loss").get<double>() !=
          trial.at("metrics").at("train_loss").get<double>());
  }
  const ProgramResult text = run_program({"status", "--run", "r"}, dir.path());
  CHECK_THAT(text.out,
             ContainsSubstring("trained again") && ContainsSubstring("is expected of it"));
  CHECK_THAT(common::read_file(dir.path() / "r" / "report.html"),
             ContainsSubstring("Trained again") && ContainsSubstring("is expected of it"));
}

TEST_CASE("repeats: killed and continued, or asked for later, they are the same", "[cli]") {
  const TempDir dir;
  make_shapes(dir.path());
  searched(dir.path(), small_search("whole", {"--repeats", "3"}));
  const std::string whole = found_by(dir.path(), "whole");

  searched(dir.path(), small_search("later", {}));
  CHECK(repeats_of(dir.path(), "later").empty());
  searched(dir.path(), small_search("later", {"--repeats", "1"}));
  searched(dir.path(), small_search("later", {"--repeats", "3"}));
  CHECK(found_by(dir.path(), "later") == whole);

  StartedProgram search(small_search("killed", {"--repeats", "3"}), dir.path());
  REQUIRE(search.says("repeats of the best trials"));
  search.signal(SIGKILL);
  search.end();
  searched(dir.path(), small_search("killed", {}));
  CHECK(found_by(dir.path(), "killed") == whole);
}

TEST_CASE("reward: the metric that was asked for", "[cli]") {
  const TempDir dir;
  make_shapes(dir.path());
  for (const auto& [reward, metric] : std::vector<std::pair<std::string, std::string>>{
           {"accuracy", "valid_accuracy"}, {"loss", "valid_loss"}, {"train-loss", "train_loss"}}) {
    CAPTURE(reward);
    const Json result =
        searched(dir.path(), small_search(reward, {"--reward", reward, "--trials", "3"}));
    double best = -1e9;
    const Json status = status_of(dir.path(), reward);
    for (const auto& trial : status.at("trials")) {
      if (trial.contains("reused_from")) continue;
      for (const char* kept : {"valid_accuracy", "valid_loss", "train_loss"})
        CHECK(trial.at("metrics").at(kept).get<double>() >= 0);
      const double value = trial.at("metrics").at(metric).get<double>();
      CHECK(trial.at("reward").get<double>() == (reward == "accuracy" ? value : -value));
      best = std::max(best, trial.at("reward").get<double>());
    }
    CHECK(result.at("best").at("reward").get<double>() == best);  // three are too few for a model
    CHECK(run_program({"list", "runs"}, dir.path()).exit_code == 0);
  }
}

TEST_CASE("reward: a table has its column", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const ProgramResult result =
      run_program(table_search("r", "random", 5, {"--reward", "loss"}), dir.path());
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, ContainsSubstring("--reward-column"));
}

}  // namespace
}  // namespace nas::tests
