// Whole searches of the real program whose store is a PostgreSQL server: they find what SQLite's
// do.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "engine/run_folder.h"
#include "engine/trial.h"
#include "tests/cli/small_searches.h"
#include "tests/support/postgres_server.h"
#include "tests/support/started_program.h"

namespace nas::tests {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::Json;

// Pools of three, of which the largest networks are refused; some trials are trained twice.
std::vector<std::string> full_search(const std::string& run, const std::string& store, int trials,
                                     int repeats) {
  std::vector<std::string> words =
      small_search(run, {"--trials", std::to_string(trials), "--repeats", std::to_string(repeats),
                         "--prescreen", "grad-norm", "--pool", "3", "--max-parameters", "12000"});
  if (!store.empty()) words.insert(words.end(), {"--store", store});
  return words;
}

void finish(const std::vector<std::string>& words, const std::filesystem::path& dir) {
  const ProgramResult result = run_program(words, dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
}

// Trials that have trained for an epoch.
int count_trained(const std::filesystem::path& run) {
  int count = 0;
  for (int id = 0; id < 27; ++id)
    count += std::filesystem::exists(engine::RunFolder(run).trial(id) / "metrics.jsonl") ? 1 : 0;
  return count;
}

// That the run has rows of each kind of which these tests are to tell something.
void check_has_everything(const Json& trials) {
  std::set<std::string> states;
  int repeats = 0;
  for (const auto& trial : trials) {
    states.insert(trial.at("state").get<std::string>());
    if (trial.at("kind").get<std::string>() != "repeat") continue;
    ++repeats;
    CHECK(trial.at("id").get<int64_t>() >= engine::kFirstFurther);
    CHECK(trial.at("reward").is_number());
  }
  CHECK((states == std::set<std::string>{"INFEASIBLE", "NOT_RUN", "SUCCEEDED"}));
  CHECK(repeats == 2);
}

TEST_CASE("postgresql: a search is that of SQLite, also in parts and after a kill", "[cli]") {
  const std::string server = PostgresServer::url();
  if (server.empty()) SKIP("no PostgreSQL server is installed");
  const TempDir dir;
  make_shapes(dir.path());
  finish(full_search("sqlite", "", 9, 2), dir.path());
  const std::string wanted = found_by(dir.path(), "sqlite");
  check_has_everything(status_of(dir.path(), "sqlite").at("trials"));

  finish(full_search("parts", server, 4, 0), dir.path());
  finish(full_search("parts", server, 9, 0), dir.path());
  finish(full_search("parts", server, 9, 2), dir.path());
  CHECK(found_by(dir.path(), "parts") == wanted);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "parts" / "run.db"));
  CHECK_THAT(run_program({"status", "--run", "parts"}, dir.path()).out,
             ContainsSubstring("finished") && ContainsSubstring("NOT_RUN") &&
                 ContainsSubstring("trained again"));

  const auto words = full_search("killed", server, 9, 2);
  const auto kill_when = [&](const auto& moment) {
    StartedProgram search(words, dir.path());
    REQUIRE(moment(search));
    search.signal(SIGKILL);
    search.end();
  };
  kill_when([&](auto& search) {
    while (search.running() && count_trained(dir.path() / "killed") < 3)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return search.running();
  });
  kill_when([](auto& search) { return search.says("repeats of the best trials"); });
  finish(words, dir.path());
  CHECK(found_by(dir.path(), "killed") == wanted);
}

TEST_CASE("postgresql: a database that knows nothing of the run is said", "[cli]") {
  const std::string server = PostgresServer::url();
  if (server.empty()) SKIP("no PostgreSQL server is installed");
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  finish(table_search("r", "random", 3, {"--store", server}), dir.path());
  CHECK(status_of(dir.path(), "r").at("trials").size() == 3);
  const auto config = dir.path() / "r" / "config.toml";
  std::string text = common::read_file(config);
  text.insert(text.find(server) + server.size(), " dbname=template1");
  common::write_file_atomically(config, text);
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"status", "--run", "r"}, {"search", "--run", "r", "--trials", "5"}}) {
    const ProgramResult result = run_program(words, dir.path());
    CHECK(result.exit_code == 3);
    CHECK_THAT(result.err, ContainsSubstring("its database is missing") &&
                               ContainsSubstring("dbname=template1"));
  }
}

}  // namespace
}  // namespace nas::tests
