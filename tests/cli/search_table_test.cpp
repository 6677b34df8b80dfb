// Whole searches of the real program, on a table.
#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <thread>

#include "common/text.h"
#include "search_space/architecture.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using common::Json;

std::string text_of(const Json& architecture) {
  return search_space::to_nasbench201_text(
      search_space::architecture_from_json(architecture, "status"));
}

Json searched_table(const fs::path& dir, std::vector<std::string> words) {
  words.push_back("--json");
  const ProgramResult result = run_program(words, dir);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return common::parse_json(result.out, "nas search");
}

TEST_CASE("search: names the preset beside the settings, whatever else was given", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const auto plan = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = more;
    words.insert(words.end(), {"--preset", "laptop", "--dry-run"});
    return run_program(table_search("r", "random", 3, words), dir.path()).err;
  };
  CHECK_THAT(plan({}), ContainsSubstring("seed 1, preset laptop\n"));
  CHECK_THAT(plan({"--epochs", "2"}), ContainsSubstring("seed 1, preset laptop\n"));
}

TEST_CASE("search: finds its trials and says what was best", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const Json result = searched_table(dir.path(), table_search("r", "random", 30));
  CHECK(result.at("trials").get<int>() == 30);
  CHECK(result.at("wall_seconds").get<double>() > 0);
  CHECK(result.at("run").get<std::string>() == "./r");

  const Json status = status_of(dir.path(), "r");
  CHECK(status.at("strategy_state_sha256").get<std::string>().size() == 64);
  double best = -1;
  int trained = 0;
  int64_t id = 0;
  for (const auto& trial : status.at("trials")) {
    CHECK(trial.at("id").get<int64_t>() == id++);
    CHECK(trial.at("state").get<std::string>() == "SUCCEEDED");
    CHECK(trial.at("attempt").get<int>() == 0);
    const auto reward = trial.at("reward").get<double>();
    best = std::max(best, reward);
    if (trial.contains("reused_from")) continue;
    ++trained;
    CHECK_THAT(trial.at("worker").get<std::string>(), StartsWith("local"));
    CHECK(reward == table_reward(text_of(trial.at("architecture"))));  // bit for bit
    CHECK(fs::exists(dir.path() / "r" / "trials" / fmt::format("{:06}", id - 1) /
                     "architecture.json"));
  }
  CHECK(trained == 30);
  CHECK(result.at("best").at("reward").get<double>() == best);
  CHECK(table_reward(text_of(result.at("best").at("architecture"))) == best);
  CHECK(text_of(common::read_json(dir.path() / "r" / "best" / "architecture.json")) ==
        text_of(result.at("best").at("architecture")));
  for (const char* file : {"config.toml", "environment.json", "run.db", "report.html"}) {
    CHECK(fs::exists(dir.path() / "r" / file));
  }
}

TEST_CASE("search: a finished run is shown and left as it is", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const Json first = searched_table(dir.path(), table_search("r", "ppo", 12));
  const std::string before = outcome_of(dir.path(), "r");
  const ProgramResult again = run_program(table_search("r", "ppo", 12), dir.path());
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.out, ContainsSubstring("best reward") && ContainsSubstring("nas transfer"));
  CHECK_THAT(again.err, ContainsSubstring("finished"));
  CHECK(run_program({"search", "--run", "./r"}, dir.path()).out == again.out);
  CHECK(searched_table(dir.path(), {"search", "--run", "r"}).at("best").dump() ==
        first.at("best").dump());
  CHECK(outcome_of(dir.path(), "r") == before);
}

TEST_CASE("search: more trials extend a run as if it always had had them", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  for (const auto& strategy : controller::strategies_by_reward()) {
    CAPTURE(strategy);
    searched_table(dir.path(), table_search(strategy, strategy, 21));
    const std::string parts = strategy + "-in-parts";
    for (const int trials : {1, 14, 21})
      searched_table(dir.path(), table_search(parts, strategy, trials, {"--workers", "1"}));
    CHECK(outcome_of(dir.path(), parts) == outcome_of(dir.path(), strategy));
  }
}

TEST_CASE("search: the same seed finds the same, another seed other trials", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  searched_table(dir.path(), table_search("a", "ppo", 25));
  searched_table(dir.path(),
                 table_search("b", "ppo", 25, {"--workers", "1"}));  // workers are no part of it
  searched_table(dir.path(), table_search("c", "ppo", 25, {"--seed", "2"}));
  CHECK(outcome_of(dir.path(), "a") == outcome_of(dir.path(), "b"));
  CHECK(outcome_of(dir.path(), "a") != outcome_of(dir.path(), "c"));
}

TEST_CASE("search: the rewards are those of the column asked for", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  searched_table(dir.path(), table_search("r", "random", 5, {"--reward-column", "negative"}));
  const Json trials = status_of(dir.path(), "r").at("trials");
  for (const auto& trial : trials) {
    if (trial.contains("reused_from")) continue;
    CHECK(trial.at("reward").get<double>() == -table_reward(text_of(trial.at("architecture"))));
  }
}

TEST_CASE("search: what the user gives is tried first", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const std::string first = nasbench201_text(14321);
  const std::string second = nasbench201_text(777);
  searched_table(dir.path(), table_search("r", "ppo", 20,
                                          {"--start-with", first + "," + second + "," + first}));
  const Json trials = status_of(dir.path(), "r").at("trials");
  CHECK(text_of(trials.at(0).at("architecture")) == first);
  CHECK(text_of(trials.at(1).at("architecture")) == second);
  CHECK(trials.at(2).at("reused_from").get<int>() == 0);
  CHECK(trials.at(2).at("reward").get<double>() == trials.at(0).at("reward").get<double>());
}

TEST_CASE("search: trials that fail do not end it; when all fail nothing was found", "[cli]") {
  const TempDir dir;
  common::write_file_atomically(dir.path() / "table.csv", "arch,reward\nnobody,1\n");
  const ProgramResult result = run_program(table_search("r", "random", 8), dir.path());
  CHECK(result.exit_code == 4);
  CHECK_THAT(result.err, ContainsSubstring("no trial succeeded"));
  const Json status = status_of(dir.path(), "r");
  CHECK(status.at("trials").size() >= 8);
  for (const auto& trial : status.at("trials")) {
    CHECK(trial.at("state").get<std::string>() == "FAILED");
    CHECK(trial.at("reward").is_null());
    CHECK_THAT(trial.at("reason").get<std::string>(), ContainsSubstring("no row"));
  }
  CHECK(run_program({"transfer", "--run", "r", "--dataset", "shapes"}, dir.path()).exit_code == 4);
}

TEST_CASE("search: status shows a run as text and as CSV", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  searched_table(dir.path(), table_search("runs/r", "random", 25));
  const size_t rows = status_of(dir.path(), "r").at("trials").size();
  const ProgramResult csv = run_program({"status", "--csv"}, dir.path());  // the newest
  const auto lines = common::split(common::trim(csv.out), '\n');
  REQUIRE(lines.size() == rows + 1);
  CHECK(lines[0] == "id,state,reward,kind,parent,to_epoch,attempt,reused_from,seconds,key");
  CHECK_THAT(lines[1], StartsWith("0,SUCCEEDED,0."));
  const ProgramResult text = run_program({"status"}, dir.path());
  CHECK_THAT(text.out, ContainsSubstring("finished") && ContainsSubstring("best") &&
                           ContainsSubstring("SUCCEEDED"));
  CHECK_THAT(run_program({"list", "runs"}, dir.path()).out, StartsWith("r "));
}

// Waits until the file has the text so often, for a minute at most.
void wait_for_text(const fs::path& file, const std::string& text, size_t times) {
  for (int i = 0; i < 1200; ++i) {
    const std::string content = fs::exists(file) ? common::read_file(file) : "";
    size_t found = 0;
    for (size_t at = content.find(text); at != std::string::npos; at = content.find(text, at + 1))
      ++found;
    if (found >= times) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  FAIL("nothing was shown");
}

TEST_CASE("search: a signal stops it cleanly and it can be continued", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const auto words =
      table_search("r", "random", 100000);  // more than there are: it would go on for long
  size_t starts = 0;
  for (const int number : {SIGINT, SIGTERM}) {
    common::ProcessOptions options = options_of(nas_command(words), dir.path(), {}, "");
    options.stderr_file = dir.path() / "stderr";
    common::Process search(options);
    wait_for_text(options.stderr_file, "/100000 trials", ++starts);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    REQUIRE_FALSE(search.poll().has_value());
    search.signal(number);
    const common::ProcessStatus ended = search.wait();
    CHECK(ended.signal == 0);
    CHECK(ended.exit_code == 128 + number);
    CHECK_THAT(common::read_file(dir.path() / "stderr"), ContainsSubstring("nas search --run ./r"));
  }
  const size_t found = status_of(dir.path(), "r").at("trials").size();
  CHECK(found > 0);
  CHECK(status_of(dir.path(), "r").at("end").get<std::string>().empty());
  searched_table(dir.path(), {"search", "--run", "r", "--trials", "1"});
  CHECK(status_of(dir.path(), "r").at("trials").size() == found);
}

TEST_CASE("search: the time limit ends it", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const ProgramResult result =
      run_program(table_search("r", "random", 100000, {"--time-limit", "1"}), dir.path());
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, ContainsSubstring("time limit"));
}

}  // namespace
}  // namespace nas::tests
