// Run folders that cannot be worked in, and resumes that make no sense.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "engine/run_folder.h"
#include "engine/store.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

void check_refused(const ProgramResult& result, int exit_code,
                   const std::vector<std::string>& parts) {
  CAPTURE(result.err);
  CHECK(result.exit_code == exit_code);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, !ContainsSubstring("a fault in nas"));
  for (const auto& part : parts) CHECK_THAT(result.err, ContainsSubstring(part));
}

// dir/table.csv and the finished run dir/r of 5 trials.
void make_run(const fs::path& dir) {
  write_table(dir / "table.csv");
  const ProgramResult made = run_program(table_search("r", "random", 5), dir);
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
}

TEST_CASE("run state: no run is exit code 4", "[cli]") {
  const TempDir dir;
  check_refused(run_program({"status"}, dir.path()), 4, {"nas search"});
  check_refused(run_program({"status", "--run", "nowhere"}, dir.path()), 4,
                {"nowhere", "nas list runs"});
  check_refused(run_program({"search", "--run", "latest", "--proxy", "shapes"}, dir.path()), 4,
                {"no run"});
  check_refused(run_program({"search", "--run", "nowhere"}, dir.path()), 2,
                {"no run 'nowhere'", "nas list runs"});
  check_refused(run_program({"transfer", "--dataset", "shapes"}, dir.path()), 4, {"nas search"});
  check_refused(run_program({"transfer", "--dataset", "shapes", "--run", "nowhere"}, dir.path()), 4,
                {"nowhere"});
}

TEST_CASE("run state: options that a resume cannot change are named", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  const std::string before = outcome_of(dir.path(), "r");
  check_refused(run_program(table_search("r", "random", 9, {"--seed", "9"}), dir.path()), 2,
                {"--seed 9", " 1)"});
  check_refused(run_program(table_search("r", "ppo", 9), dir.path()), 2,
                {"--strategy ppo", " random)"});
  check_refused(
      run_program(table_search("r", "random", 9, {"--set", "epochs=8", "--lr", "0.5"}), dir.path()),
      2, {"--epochs 8", "--lr 0.5"});
  CHECK(outcome_of(dir.path(), "r") == before);
  // The same words, and what may differ.
  CHECK(run_program(table_search("r", "random", 5, {"--seed", "1"}), dir.path()).exit_code == 0);
  CHECK(run_program(table_search("r", "random", 7, {"--workers", "1", "--time-limit", "99"}),
                    dir.path())
            .exit_code == 0);
}

TEST_CASE("run state: a run that another process works in is left alone", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  {
    const engine::FolderLock lock(dir.path() / "r");
    check_refused(run_program(table_search("r", "random", 9), dir.path()), 2,
                  {"another nas process"});
    CHECK(status_of(dir.path(), "r").at("trials").size() == 5);  // looking is allowed
  }
  CHECK(run_program(table_search("r", "random", 9), dir.path()).exit_code == 0);
}

std::string run_state(const fs::path& dir) {
  return status_of(dir, "r").at("state").get<std::string>();
}

// What `nas list runs` says of the one run under dir/runs.
common::Json listed_run(const fs::path& dir) {
  const common::Json runs =
      common::parse_json(run_program({"list", "runs", "--json"}, dir).out, "nas list runs");
  REQUIRE(runs.size() == 1);
  return runs.at(0);
}

TEST_CASE("run state: a killed run is interrupted, one that is worked on is running", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const fs::path run = dir.path() / "runs" / "r";
  common::ProcessOptions options =
      options_of(nas_command(table_search("runs/r", "random", 100000)), dir.path(), {}, "");
  options.stderr_file = dir.path() / "stderr";
  common::Process search(options);
  for (int i = 0; i < 1200 && !fs::exists(run / "trials" / "000002"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  CHECK(run_state(dir.path()) == "running");
  CHECK(listed_run(dir.path()).at("state").get<std::string>() == "running");
  search.signal(SIGKILL);
  search.wait();

  CHECK(run_state(dir.path()) == "interrupted");
  const common::Json listed = listed_run(dir.path());
  CHECK(listed.at("state").get<std::string>() == "interrupted");
  CHECK(listed.at("wanted").get<int>() == 100000);
  const ProgramResult text = run_program({"status"}, dir.path());
  CHECK(text.exit_code == 0);
  CHECK_THAT(text.out,
             ContainsSubstring("interrupted") && ContainsSubstring("nas search --run runs/r"));
  const ProgramResult watched = run_program({"status", "--watch"}, dir.path());
  CHECK(watched.exit_code == 4);
  CHECK_THAT(watched.err, ContainsSubstring("nobody works on it") &&
                              ContainsSubstring("nas search --run runs/r"));

  CHECK(run_program({"search", "--run", "r", "--trials", "1"}, dir.path()).exit_code == 0);
  CHECK(run_state(dir.path()) == "finished");
}

TEST_CASE("run state: watching ends with the run, or when asked to", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  CHECK(run_program({"status", "--run", "r", "--watch"}, dir.path()).exit_code == 0);

  auto lock = std::make_unique<engine::FolderLock>(dir.path() / "r");
  const common::ProcessOptions options =
      options_of(nas_command({"status", "--run", "r", "--watch"}), dir.path(), {}, "");
  common::Process watch(options);
  common::Process stopped(options);
  REQUIRE(watch.read_line(60000).has_value());
  REQUIRE(stopped.read_line(60000).has_value());
  CHECK_FALSE(watch.poll().has_value());
  stopped.signal(SIGINT);
  CHECK(stopped.wait().exit_code == 128 + SIGINT);
  lock.reset();
  CHECK(watch.wait().exit_code == 0);
}

TEST_CASE("run state: what ended early says so, in status and on the report", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const ProgramResult made =
      run_program(table_search("r", "random", 100000, {"--time-limit", "0.5"}), dir.path());
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK(run_state(dir.path()) == "stopped early");
  CHECK(run_program({"status", "--run", "r", "--watch"}, dir.path()).exit_code == 0);
  CHECK_THAT(run_program({"status", "--run", "r"}, dir.path()).out,
             ContainsSubstring("by its time limit; continue with: nas search"));
  CHECK_THAT(common::read_file(dir.path() / "r" / "report.html"),
             ContainsSubstring("Stopped early") && ContainsSubstring("of 100000"));
}

TEST_CASE("run state: the report names the trials that failed", "[cli]") {
  const TempDir dir;
  common::write_file_atomically(dir.path() / "table.csv", "arch,reward\nnobody,1\n");
  CHECK(run_program(table_search("r", "random", 5), dir.path()).exit_code == 4);
  CHECK(run_state(dir.path()) == "finished");
  const std::string report = common::read_file(dir.path() / "r" / "report.html");
  CHECK_THAT(report, ContainsSubstring("No trial succeeded") &&
                         ContainsSubstring("Failed trials") && ContainsSubstring("no row") &&
                         !ContainsSubstring("Stopped early"));
}

TEST_CASE("run state: runs are listed with what became of them, unreadable ones too", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  REQUIRE(run_program(table_search("runs/r", "random", 5), dir.path()).exit_code == 0);
  const common::Json run = listed_run(dir.path());
  CHECK(run.at("name").get<std::string>() == "r");
  CHECK(run.at("path").get<std::string>() == "runs/r");
  CHECK(run.at("state").get<std::string>() == "finished");
  CHECK(run.at("trials").get<int>() == 5);
  CHECK(run.at("best_reward").is_number());
  CHECK(run.at("age_seconds").get<double>() < 3600);
  CHECK_THAT(run_program({"list", "runs"}, dir.path()).out,
             ContainsSubstring("finished") && ContainsSubstring("5 of 5 trials, best 0.") &&
                 ContainsSubstring(" ago"));

  common::write_file_atomically(dir.path() / "runs" / "r" / "config.toml",
                                "option-of-tomorrow = 1\n");
  const ProgramResult listed = run_program({"list", "runs"}, dir.path());
  CHECK(listed.exit_code == 0);
  CHECK_THAT(listed.out,
             ContainsSubstring("unreadable") && ContainsSubstring("option-of-tomorrow"));
}

TEST_CASE("run state: a run of another version is refused", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  const std::string config = common::read_file(dir.path() / "r" / "config.toml");
  common::write_file_atomically(dir.path() / "r" / "config.toml",
                                "option-of-tomorrow = 1\n" + config);
  check_refused(run_program({"status", "--run", "r"}, dir.path()), 2,
                {"option-of-tomorrow", "version"});
  check_refused(run_program(table_search("r", "random", 9), dir.path()), 2,
                {"option-of-tomorrow", "version"});
  common::write_file_atomically(dir.path() / "r" / "config.toml", config);

  engine::Store("sqlite:" + (dir.path() / "r" / "run.db").string(), "")
      .set_meta("schema", "0");  // of all its runs
  check_refused(run_program({"status", "--run", "r"}, dir.path()), 2, {"schema 0", "version"});
  check_refused(run_program(table_search("r", "random", 9), dir.path()), 2,
                {"schema 0", "version"});
}

TEST_CASE("run state: a damaged database is exit code 3 and named", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  common::write_file_atomically(dir.path() / "r" / "run.db", std::string(5000, 'x'));
  fs::remove(dir.path() / "r" / "run.db-wal");
  check_refused(run_program({"status", "--run", "r"}, dir.path()), 3, {"run.db]"});
}

TEST_CASE("run state: folders that cannot be written", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  common::write_file_atomically(dir.path() / "file", "not a folder");
  check_refused(run_program(table_search("file/run", "random", 5), dir.path()), 1, {"file/run"});
  check_refused(run_program(table_search("/proc/nas/run", "random", 5), dir.path()), 1,
                {"/proc/nas/run"});
}

TEST_CASE("run state: too little space is said before anything is done", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  check_refused(
      run_program(table_search("r", "random", 5), dir.path(), {{"NAS_TEST_FREE_BYTES", "1"}}), 1,
      {"disk space", "200.0 MB"});
  CHECK_FALSE(fs::exists(dir.path() / "r"));
}

TEST_CASE("run state: SQLite on a network file system is refused", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  check_refused(
      run_program(table_search("r", "random", 5), dir.path(), {{"NAS_TEST_NETWORK_FS", "1"}}), 2,
      {"network file system", "postgresql"});
}

// The run folder may be one that the user has filled with other things.
TEST_CASE("run state: an unknown store is refused before anything is written", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  check_refused(run_program(table_search("r", "random", 3, {"--store", "mysql:x"}), dir.path()), 2,
                {"unknown store URL", "'mysql:x'", "sqlite:"});
  CHECK_FALSE(fs::exists(dir.path() / "r"));
}

TEST_CASE("run state: a dry run leaves everything as it was", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  common::write_file_atomically(dir.path() / "mine" / "thesis.txt", "years of work");
  std::vector<std::string> words = table_search("mine", "random", 5, {"--dry-run"});
  CHECK(run_program(words, dir.path()).exit_code == 0);
  CHECK(fs::exists(dir.path() / "mine" / "thesis.txt"));
  words = table_search("new", "random", 5, {"--dry-run"});
  CHECK(run_program(words, dir.path()).exit_code == 0);
  CHECK_FALSE(fs::exists(dir.path() / "new"));
  words = table_search("in/a/new", "random", 5, {"--dry-run"});
  CHECK(run_program(words, dir.path()).exit_code == 0);
  CHECK_FALSE(fs::exists(dir.path() / "in"));
}

TEST_CASE("run state: a dry run tells of a store that the search could not use", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  const auto dry_run = [&](const std::string& store, const Environment& environment = {}) {
    return run_program(table_search("r", "random", 5, {"--dry-run", "--store", store}), dir.path(),
                       environment);
  };
  check_refused(dry_run("postgresql:host=/nowhere"), 1, {"/nowhere", "server of --store"});
  check_refused(dry_run("sqlite:"), 2, {"needs a file"});
  check_refused(dry_run("", {{"NAS_TEST_NETWORK_FS", "1"}}), 2, {"network file system"});
  CHECK(dry_run("sqlite:all.db").exit_code == 0);
  CHECK_FALSE(fs::exists(dir.path() / "all.db"));
  CHECK_FALSE(fs::exists(dir.path() / "r"));
}

TEST_CASE("run state: status to a full disk is a failure", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  for (const std::string format : {"--json", "--csv"}) {
    CHECK(run_program({"status", "--run", "r", format}, dir.path(), {}, "/dev/full").exit_code ==
          1);
  }
  CHECK(run_program({"status", "--run", "r"}, dir.path(), {}, "/dev/full").exit_code == 1);
}

TEST_CASE("run state: tables that do not fit", "[cli]") {
  const TempDir dir;
  const auto with_table = [&](const std::string& content, const std::vector<std::string>& more) {
    common::write_file_atomically(dir.path() / "table.csv", content);
    return run_program(table_search("r", "random", 5, more), dir.path());
  };
  check_refused(with_table("name,reward\n", {}), 3, {"arch"});
  check_refused(with_table("arch,reward\na,1\n", {"--reward-column", "speed"}), 3, {"speed"});
  check_refused(with_table("arch,reward\na,high\n", {}), 3, {"table.csv:2", "high"});
  check_refused(with_table("arch,reward\na\n", {}), 3, {"table.csv:2"});
  check_refused(with_table("", {}), 3, {"table.csv"});
  check_refused(with_table("arch,reward\n", {"--table", "missing.csv"}), 3, {"missing.csv"});
  check_refused(with_table("arch,reward\n", {}), 3, {"table.csv", "no row"});
  check_refused(with_table("arch,reward\n", {"--table", ""}), 2, {"no table", "--table FILE"});
  check_refused(with_table("arch,reward\n", {"--space", "nasnet"}), 2, {"nasbench201"});
  CHECK_FALSE(fs::exists(dir.path() / "r" / "config.toml"));
}

}  // namespace
}  // namespace nas::tests
