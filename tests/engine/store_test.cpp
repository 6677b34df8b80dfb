// Databases that cannot be opened or written. What every store must do is in tests/conformance/.
#include "engine/store.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/error.h"
#include "common/file.h"
#include "tests/engine/trial_rows.h"
#include "tests/support/full_disk.h"
#include "tests/support/scoped_env.h"
#include "tests/support/temp_dir.h"

namespace nas::engine {
namespace {

using Catch::Matchers::ContainsSubstring;
using common::ConfigError;
using common::DataError;
using common::SystemError;
using tests::TempDir;

std::filesystem::path file_in(const TempDir& folder) { return folder.path() / "run.db"; }
std::string url_in(const TempDir& folder) { return "sqlite:" + file_in(folder).string(); }

TEST_CASE("store: a database of another version is refused", "[engine]") {
  const TempDir folder;
  Store(url_in(folder), "").set_meta("schema", "999");
  CHECK_THROWS_AS(Store(url_in(folder), "run"), ConfigError);
  CHECK_THROWS_WITH(Store(url_in(folder), "run"), ContainsSubstring("schema 999"));
}

TEST_CASE("store: SQLite is refused on a network file system", "[engine]") {
  const TempDir folder;
  const tests::ScopedEnv pretended("NAS_TEST_NETWORK_FS", "1");
  CHECK_THROWS_AS(Store(url_in(folder), "run"), ConfigError);
  CHECK_THROWS_WITH(Store(url_in(folder), "run"),
                    ContainsSubstring("network file system") && ContainsSubstring("postgresql"));
}

TEST_CASE("store: URLs that no run can use", "[engine]") {
  CHECK_THROWS_AS(Store("mysql:run", "run"), ConfigError);
  CHECK_THROWS_WITH(Store("mysql:run", "run"),
                    ContainsSubstring("sqlite:") && ContainsSubstring("postgresql:"));
  // A database of each process's own.
  CHECK_THROWS_AS(Store("sqlite:", "run"), ConfigError);
  CHECK_THROWS_AS(Store("sqlite::memory:", "run"), ConfigError);
}

TEST_CASE("store: what cannot be opened is said", "[engine]") {
  const TempDir folder;
  CHECK_THROWS_AS(Store("sqlite:/proc/nothing/run.db", "run"), SystemError);
  CHECK_THROWS_AS(Store("sqlite:" + folder.path().string(), "run"), SystemError);  // a folder
  CHECK_THROWS_WITH(Store("postgresql:host=/nowhere", "run"),
                    ContainsSubstring("/nowhere") && ContainsSubstring("server of --store"));
}

TEST_CASE("store: names with odd characters are files like others", "[engine]") {
  const TempDir folder;
  for (const char* name : {"a b", "it's", "q\"q", "back\\slash", "\xC3\xA4=?%20", "-x"}) {
    CAPTURE(name);
    const auto file = folder.path() / name;
    CHECK_NOTHROW(Store("sqlite:" + file.string(), "run"));
    CHECK(std::filesystem::exists(file));
  }
}

TEST_CASE("store: a damaged database is named so", "[engine]") {
  const TempDir folder;
  {
    Store store(url_in(folder), "run");
    insert_waiting(store, 100);
  }
  REQUIRE(std::filesystem::file_size(file_in(folder)) > 20000);
  const auto size = GENERATE(as<uintmax_t>(), 100, 4096, 20000);
  std::filesystem::resize_file(file_in(folder), size);
  CHECK_THROWS_AS(Store(url_in(folder), "run").trials(), DataError);
  CHECK_THROWS_WITH(
      Store(url_in(folder), "run").trials(),
      ContainsSubstring("malformed") && ContainsSubstring(file_in(folder).filename().string()));
  common::write_file_atomically(file_in(folder), std::string(5000, 'x'));
  CHECK_THROWS_AS(Store(url_in(folder), "run"), DataError);
  CHECK_THROWS_WITH(Store(url_in(folder), "run"),
                    ContainsSubstring("not a database") && ContainsSubstring("--run"));
}

TEST_CASE("store: a full disk is said, loses nothing, and is survived", "[engine]") {
  const TempDir folder;
  Store store(url_in(folder), "run");
  Trial trial = waiting_trial(0);
  trial.reason = std::string(100000, 'x');
  bool refused = false;
  {
    const tests::FullDisk full(1000000);
    while (!refused && trial.id < 100) {
      try {
        store.insert(trial);
        ++trial.id;
      } catch (const SystemError& error) {
        refused = true;
        CHECK_THAT(error.what(), ContainsSubstring("free some disk space"));
        CHECK(std::string(error.what()).size() < 1000);  // not all that could not be written
      }
    }
    CHECK(store.trials().size() == static_cast<size_t>(trial.id));
  }
  CHECK(refused);
  CHECK(trial.id > 1);
  store.insert(trial);
  CHECK(Store(url_in(folder), "run").trials().size() == static_cast<size_t>(trial.id) + 1);
}

}  // namespace
}  // namespace nas::engine
