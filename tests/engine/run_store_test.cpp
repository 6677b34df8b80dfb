#include "engine/run_store.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/file.h"
#include "engine/search_options.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using tests::TempDir;

RunFolder make_run(const fs::path& path, const std::string& store) {
  const RunFolder run(path);
  common::Options options = search_options();
  options.set_value("store", store, "flag");
  const common::Json environment = {{"run_id", new_run_id(run)}};
  common::write_file_atomically(run.environment(), environment.dump());
  make_store(run, store);
  common::write_file_atomically(run.config(), options.to_toml());
  return run;
}

TEST_CASE("run store: ids name the folder and never meet", "[engine]") {
  const TempDir dir;
  const fs::path folder = dir.path() / "my r\xC3\xBCn\xFF";
  fs::create_directories(folder);
  const std::string id = new_run_id(RunFolder(folder / ""));
  CHECK_THAT(id, StartsWith("my_r__n_-"));
  CHECK(id.size() == std::string("my_r__n_-").size() + 16);
  CHECK(new_run_id(RunFolder(folder)) != id);
}

TEST_CASE("run store: a folder that was renamed keeps its trials", "[engine]") {
  const TempDir dir;
  for (const std::string& store : {std::string(), "sqlite:" + (dir.path() / "all.db").string()}) {
    CAPTURE(store);
    const RunFolder run = make_run(dir.path() / "run", store);
    {
      Store opened = open_store(run);
      insert_waiting(opened, 2);
    }
    const RunFolder moved(dir.path() / "moved");
    fs::remove_all(moved.path());
    fs::rename(run.path(), moved.path());
    CHECK(open_store(moved).trials().size() == 2);
  }
}

TEST_CASE("run store: runs that share a database do not share trials", "[engine]") {
  const TempDir dir;
  const std::string shared = "sqlite:" + (dir.path() / "all.db").string();
  Store one = open_store(make_run(dir.path() / "one", shared));
  Store two = open_store(make_run(dir.path() / "two", shared));
  insert_waiting(one, 2);
  CHECK(two.trials().empty());
  CHECK_FALSE(fs::exists(dir.path() / "one" / "run.db"));
}

TEST_CASE("run store: a folder without an id is another version's", "[engine]") {
  const TempDir dir;
  const RunFolder run = make_run(dir.path() / "run", "");
  common::write_file_atomically(run.path() / "environment.json", R"({"nas": "0.0.9"})");
  CHECK_THROWS_AS(open_store(run), common::ConfigError);
  CHECK_THROWS_WITH(open_store(run), ContainsSubstring("another version"));
  fs::remove(run.path() / "environment.json");
  CHECK_THROWS_AS(open_store(run), common::ConfigError);
}

TEST_CASE("run store: a database that is gone is not made anew", "[engine]") {
  const TempDir dir;
  for (const fs::path& database : {dir.path() / "run" / "run.db", dir.path() / "all.db"}) {
    CAPTURE(database.string());
    const RunFolder run = make_run(dir.path() / "run", "sqlite:" + database.string());
    CHECK_NOTHROW(open_store(run));
    fs::remove(database);
    CHECK_THROWS_AS(open_store(run), common::DataError);
    CHECK_THROWS_WITH(open_store(run), ContainsSubstring(database.string()));
    CHECK_FALSE(fs::exists(database));
    common::write_file_atomically(database, "");  // which SQLite takes for a database
    CHECK_THROWS_AS(open_store(run), common::DataError);
    CHECK(fs::file_size(database) == 0);
  }
}

}  // namespace
}  // namespace nas::engine
