#include "engine/run_folder.h"

#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <memory>

#include "common/error.h"
#include "common/file.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using tests::TempDir;

// Runs are looked for below the working directory.
class InFolder {
 public:
  explicit InFolder(const fs::path& folder) : before_(fs::current_path()) {
    fs::current_path(folder);
  }
  ~InFolder() { fs::current_path(before_); }
  InFolder(const InFolder&) = delete;
  InFolder& operator=(const InFolder&) = delete;

 private:
  fs::path before_;
};

// A run that was made `minutes` ago.
void make_run(const fs::path& folder, int minutes) {
  common::write_file_atomically(folder / "config.toml", "trials = 3\n");
  fs::last_write_time(folder / "config.toml",
                      fs::file_time_type::clock::now() - std::chrono::minutes(minutes));
}

TEST_CASE("run folder: one holder at a time", "[engine]") {
  const TempDir folder;
  auto first = std::make_unique<FolderLock>(folder.path());
  CHECK_THROWS_AS(FolderLock(folder.path()), common::ConfigError);
  CHECK_THROWS_WITH(FolderLock(folder.path()), ContainsSubstring(folder.path().string()));
  first.reset();
  CHECK_NOTHROW(FolderLock(folder.path()));
  const TempDir other;
  const FolderLock held(folder.path());
  CHECK_NOTHROW(FolderLock(other.path()));
}

TEST_CASE("run folder: another process is kept out, and a killed one lets go", "[engine]") {
  if (!common::program_exists("python3")) SKIP("no python3");
  const TempDir folder;
  // A lock of another kind that the system holds against ours.
  const std::string script = R"(
import fcntl, time
with open("lock", "a") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    print("locked", flush=True)
    time.sleep(100))";
  const auto command = tests::options_of({"python3", "-c", script}, folder.path(), {}, "");
  {
    const FolderLock lock(folder.path());
    CHECK(tests::run_command({"python3", "-c", script}, folder.path()).exit_code != 0);
  }
  common::Process holder(command);
  REQUIRE(holder.read_line(10000).value_or("nothing") == "locked");
  CHECK(is_locked(folder.path()));
  CHECK_THROWS_AS(FolderLock(folder.path()), common::ConfigError);
  holder.signal(SIGKILL);
  holder.wait();
  CHECK_FALSE(is_locked(folder.path()));
  CHECK_NOTHROW(FolderLock(folder.path()));
}

TEST_CASE("run folder: looking whether it is locked takes nothing away", "[engine]") {
  const TempDir folder;
  CHECK_FALSE(is_locked(folder.path()));
  CHECK_FALSE(fs::exists(folder.path() / "lock"));
  CHECK_FALSE(is_locked(folder.path() / "missing"));
  {
    const FolderLock lock(folder.path());
    CHECK(is_locked(folder.path()));
    CHECK(is_locked(folder.path()));  // the first look has not let it go
    CHECK_THROWS_AS(FolderLock(folder.path()), common::ConfigError);
  }
  CHECK(fs::exists(folder.path() / "lock"));
  CHECK_FALSE(is_locked(folder.path()));
  CHECK_NOTHROW(FolderLock(folder.path()));
}

TEST_CASE("run folder: a lock where nothing can be written is a SystemError", "[engine]") {
  const TempDir folder;
  CHECK_THROWS_AS(FolderLock(folder.path() / "missing"), common::SystemError);
  CHECK_THROWS_AS(FolderLock("/proc"), common::SystemError);
}

TEST_CASE("run folder: where things are", "[engine]") {
  const RunFolder run("runs/one");
  CHECK(run.trial(17) == fs::path("runs/one/trials/000017"));
  CHECK(run.trial(1234567) == fs::path("runs/one/trials/1234567"));
  CHECK(run.config() == fs::path("runs/one/config.toml"));
  CHECK(run.store_url("") == "sqlite:runs/one/run.db");
  CHECK(run.store_url("postgresql:dbname=nas") == "postgresql:dbname=nas");
  CHECK_FALSE(run.exists());
}

TEST_CASE("run folder: a run is found by path, by name, or as the newest", "[engine]") {
  const TempDir folder;
  const InFolder inside(folder.path());
  CHECK_THROWS_AS(find_run("latest"), common::NothingError);
  CHECK_THROWS_AS(find_run(""), common::NothingError);
  CHECK(list_runs().empty());

  make_run("runs/old", 30);
  make_run("runs/new", 10);
  make_run("runs/middle", 20);
  make_run("elsewhere", 0);
  fs::create_directories("runs/no_run");
  const auto runs = list_runs();
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].path().filename().string() == "new");
  CHECK(runs[1].path().filename().string() == "middle");
  CHECK(runs[2].path().filename().string() == "old");
  CHECK(find_run("latest").path() == runs[0].path());
  CHECK(find_run("").path() == runs[0].path());
  CHECK(find_run("old").path() == fs::path("runs/old"));
  CHECK(find_run("runs/old").path() == fs::path("runs/old"));
  CHECK(find_run("elsewhere").path() == fs::path("elsewhere"));
  CHECK(find_run((folder.path() / "elsewhere").string()).exists());
  CHECK_THROWS_AS(find_run("no_run"), common::NothingError);
  CHECK_THROWS_WITH(find_run("nowhere"),
                    ContainsSubstring("nowhere") && ContainsSubstring("nas list runs"));
}

TEST_CASE("run folder: where there is no run, it says where it looked", "[engine]") {
  const TempDir folder;
  const InFolder inside(folder.path());
  fs::create_directories("runs/no_run");
  common::write_file_atomically("file", "not a folder");
  const std::string here = fs::current_path().string();
  CHECK_THROWS_WITH(find_run("no_run"),
                    ContainsSubstring("no folder " + here + "/no_run") &&
                        ContainsSubstring("no config.toml in " + here + "/runs/no_run"));
  CHECK_THROWS_WITH(find_run("./x"),
                    ContainsSubstring("'./x'") && ContainsSubstring("no folder " + here + "/x;"));
  CHECK_THROWS_WITH(find_run("runs/no_run/"), ContainsSubstring("no config.toml in " + here));
  CHECK_THROWS_WITH(find_run("file"), ContainsSubstring("a file at " + here + "/file"));
  CHECK_THROWS_AS(find_run("./x"), common::NothingError);
}

TEST_CASE("run folder: folders are listed by the age of what they hold", "[engine]") {
  const TempDir folder;
  make_run(folder.path() / "old", 30);
  make_run(folder.path() / "new", 10);
  common::write_file_atomically(folder.path() / "other" / "model.json", "{}");
  common::write_file_atomically(folder.path() / "config.toml", "");
  const auto found = folders_by_age(folder.path(), "config.toml");
  REQUIRE(found.size() == 2);
  CHECK(found[0] == folder.path() / "new");
  CHECK(found[1] == folder.path() / "old");
  CHECK(folders_by_age(folder.path(), "model.json").size() == 1);
  CHECK(folders_by_age(folder.path() / "missing", "config.toml").empty());
}

TEST_CASE("run folder: what --run of a search names", "[engine]") {
  const TempDir folder;
  const InFolder inside(folder.path());
  const auto path_of = [](const std::string& text) {
    return run_to_continue_or_create(text).value().path();
  };
  CHECK_FALSE(run_to_continue_or_create("").has_value());
  CHECK_THROWS_AS(run_to_continue_or_create("latest"), common::NothingError);
  // New ones.
  CHECK(path_of("one") == fs::path("runs/one"));
  CHECK(path_of("./one") == fs::path("./one"));
  CHECK(path_of("some/where") == fs::path("some/where"));
  CHECK(path_of("/some/where") == fs::path("/some/where"));
  fs::create_directories("mine");
  CHECK(path_of("mine") == fs::path("mine"));
  // Those that are there, wherever they are.
  make_run("runs/one", 10);
  make_run("runs/two", 20);
  make_run("elsewhere", 0);
  CHECK(path_of("latest") == fs::path("runs/one"));
  CHECK(path_of("two") == fs::path("runs/two"));
  CHECK(path_of("runs/two/") == fs::path("runs/two"));
  CHECK(path_of("elsewhere") == fs::path("elsewhere"));
  // A folder without a run does not hide a run of its name.
  fs::create_directories("two");
  CHECK(path_of("two") == fs::path("runs/two"));
}

TEST_CASE("run folder: the environment names what a result may depend on", "[engine]") {
  common::Options options(
      {{.name = "seed", .value = 7, .help = ""}, {.name = "threads", .value = 3, .help = ""}});
  const common::Json environment = environment_json(options, "cpu");
  for (const char* key : {"nas", "commit", "libtorch", "compiler", "system", "cores", "started"}) {
    CHECK(environment.contains(key));
  }
  CHECK(environment.at("seed").get<int>() == 7);
  CHECK(environment.at("threads").get<int>() == 3);
  CHECK(environment.at("device").get<std::string>() == "cpu");
  CHECK(program_version() == environment.at("nas").get<std::string>() + " (" +
                                 environment.at("commit").get<std::string>() + ")");
  options.set("threads", "0", "flag");  // all cores
  CHECK(environment_json(options, "cpu").at("threads").get<int>() >= 1);
}

}  // namespace
}  // namespace nas::engine
