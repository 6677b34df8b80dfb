// Run folders that cannot be worked in, and resumes that make no sense.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "engine/run_folder.h"
#include "engine/store.h"
#include "tests/cli/searches.h"
#include "tests/support/temp_dir.h"

namespace nas::tests {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

void check_refused(const ProgramResult& result, int exit_code, const std::vector<std::string>& parts) {
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
  check_refused(run_program({"status", "--run", "nowhere"}, dir.path()), 4, {"nowhere", "nas list runs"});
  check_refused(run_program({"search", "--run", "latest", "--proxy", "shapes"}, dir.path()), 4, {"no run"});
  check_refused(run_program({"transfer", "--dataset", "shapes"}, dir.path()), 4, {"nas search"});
  check_refused(run_program({"transfer", "--dataset", "shapes", "--run", "nowhere"}, dir.path()), 4, {"nowhere"});
}

TEST_CASE("run state: options that a resume cannot change are named", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  const std::string before = outcome_of(dir.path(), "r");
  check_refused(run_program(table_search("r", "random", 9, {"--seed", "9"}), dir.path()), 2,
                {"--seed 9", "the run has 1"});
  check_refused(run_program(table_search("r", "ppo", 9), dir.path()), 2, {"--strategy ppo", "the run has random"});
  check_refused(run_program(table_search("r", "random", 9, {"--set", "epochs=8", "--lr", "0.5"}), dir.path()), 2,
                {"--epochs 8", "--lr 0.5"});
  CHECK(outcome_of(dir.path(), "r") == before);
  // The same words, and what may differ.
  CHECK(run_program(table_search("r", "random", 5, {"--seed", "1"}), dir.path()).exit_code == 0);
  CHECK(run_program(table_search("r", "random", 7, {"--workers", "1", "--time-limit", "99"}), dir.path()).exit_code == 0);
}

TEST_CASE("run state: a run that another process works in is left alone", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  {
    const engine::FolderLock lock(dir.path() / "r");
    check_refused(run_program(table_search("r", "random", 9), dir.path()), 2, {"another nas process"});
    CHECK(status_of(dir.path(), "r").at("trials").size() == 5);  // looking is allowed
  }
  CHECK(run_program(table_search("r", "random", 9), dir.path()).exit_code == 0);
}

TEST_CASE("run state: a run of another version is refused", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  const std::string config = common::read_file(dir.path() / "r" / "config.toml");
  common::write_file_atomically(dir.path() / "r" / "config.toml", "option-of-tomorrow = 1\n" + config);
  check_refused(run_program({"status", "--run", "r"}, dir.path()), 2, {"option-of-tomorrow", "version"});
  check_refused(run_program(table_search("r", "random", 9), dir.path()), 2, {"option-of-tomorrow", "version"});
  common::write_file_atomically(dir.path() / "r" / "config.toml", config);

  engine::Store("sqlite:" + (dir.path() / "r" / "run.db").string()).set_meta("schema", "0");
  check_refused(run_program({"status", "--run", "r"}, dir.path()), 2, {"schema 0", "version"});
  check_refused(run_program(table_search("r", "random", 9), dir.path()), 2, {"schema 0", "version"});
}

TEST_CASE("run state: a damaged database is a failure that names it", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  common::write_file_atomically(dir.path() / "r" / "run.db", std::string(5000, 'x'));
  fs::remove(dir.path() / "r" / "run.db-wal");
  check_refused(run_program({"status", "--run", "r"}, dir.path()), 1, {"[store]"});
}

TEST_CASE("run state: folders that cannot be written", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  common::write_file_atomically(dir.path() / "file", "not a folder");
  check_refused(run_program(table_search("file/run", "random", 5), dir.path()), 1, {"file/run"});
  check_refused(run_program(table_search("/proc/nas/run", "random", 5), dir.path()), 1, {"/proc/nas/run"});
}

TEST_CASE("run state: too little space is said before anything is done", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  check_refused(run_program(table_search("r", "random", 5), dir.path(), {{"NAS_TEST_FREE_BYTES", "1"}}), 1,
                {"disk space", "200.0 MB"});
  CHECK_FALSE(fs::exists(dir.path() / "r"));
}

TEST_CASE("run state: SQLite on a network file system is refused", "[cli]") {
  const TempDir dir;
  write_table(dir.path() / "table.csv");
  check_refused(run_program(table_search("r", "random", 5), dir.path(), {{"NAS_TEST_NETWORK_FS", "1"}}), 2,
                {"network file system", "postgresql"});
}

// The run folder may be one that the user has filled with other things.
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
}

TEST_CASE("run state: status to a full disk is a failure", "[cli]") {
  const TempDir dir;
  make_run(dir.path());
  for (const std::string format : {"--json", "--csv"}) {
    CHECK(run_program({"status", "--run", "r", format}, dir.path(), {}, "/dev/full").exit_code == 1);
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
  check_refused(with_table("arch,reward\n", {"--space", "nasnet"}), 2, {"nasbench201"});
  CHECK_FALSE(fs::exists(dir.path() / "r" / "config.toml"));
}

}  // namespace
}  // namespace nas::tests
